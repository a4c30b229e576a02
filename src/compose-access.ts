import { createAccessCache } from './access/access-cache.ts';
import { authenticate } from './access/authenticate.ts';
import type { Caller, Credentials, Namespace } from './access/caller.ts';
import { createApiKey } from './access/create-api-key.ts';
import { createNamespace, ensureDefaultNamespace } from './access/create-namespace.ts';
import { ensureAdminKey } from './access/ensure-admin-key.ts';
import { createPostgresKeyStore } from './access/key-store.postgres.ts';
import { KeyWatch } from './access/key-watch.ts';
import { createPostgresNamespaceStore } from './access/namespace-store.postgres.ts';
import { revokeApiKey } from './access/revoke-api-key.ts';
import type { App } from './app.ts';
import type { ChangeHint } from './postgres/change-hints.ts';
import type { Database } from './postgres/database.ts';
import type { Clock } from './shared/clock.ts';
import type { Logger } from './shared/logger.ts';
import { onceATurn } from './shared/once-a-turn.ts';

export interface Access {
  app: App['access'];
  defaultNamespace: Namespace;
  /** The admin key, where this start made one. */
  newAdminKey: string | null;
  /** Another instance has revoked the key. */
  revoked(key: { keyId: string; prefix: string }): void;
  /** Hints were missed: looks at the keys of all that lasts. */
  recheck(): void;
  close(): void;
}

/** @param announce tells the other instances */
export async function openAccess(
  { database, clock, logger }: { database: Database; clock: Clock; logger: Logger },
  configuredAdminKey: string | null,
  announce: (hint: ChangeHint) => void,
): Promise<Access> {
  const keys = createPostgresKeyStore(database);
  const cache = createAccessCache(clock);
  const watch = new KeyWatch({ keys, clock, logger });
  const deps = { keys, namespaces: createPostgresNamespaceStore(database), cache, clock };
  // before an event, thousands of subscribers are asked about at once, many with the same key
  const authentication = onceATurn<Credentials, Caller>(
    (credentials) => authenticate(deps, credentials),
    ({ authorization, namespace, origin }) => JSON.stringify([authorization, namespace, origin]),
  );
  const revoked: Access['revoked'] = ({ keyId, prefix }) => {
    cache.forgetKey(prefix);
    authentication.forget();
    watch.end(keyId);
  };
  const tell = ({ id: keyId, prefix }: { id: string; prefix: string }) => {
    revoked({ keyId, prefix });
    announce({ kind: 'key', keyId, prefix });
  };
  const app: App['access'] = {
    authenticate: (credentials) => authentication.ask(credentials),
    watchKey: (caller, onEnd) => watch.watch(caller, onEnd),
    apiKeys: (ns, page) => keys.list(ns, page),
    createNamespace: (name) => createNamespace(deps, name),
    createApiKey: (ns, input) => createApiKey(deps, ns, input),
    revokeApiKey: (ns, id) => revokeApiKey({ ...deps, tell }, ns, id),
  };
  const defaultNamespace = await ensureDefaultNamespace(deps);
  const { secret } = await ensureAdminKey(deps, configuredAdminKey);
  return {
    app,
    defaultNamespace,
    newAdminKey: secret,
    revoked,
    recheck: () => void watch.check(),
    close: () => watch.close(),
  };
}
