import type { ApiKey, CreateApiKeyInput } from './access/access-input.ts';
import { createPostgresNamespaceStore } from './access/namespace-store.postgres.ts';
import { openAccess } from './compose-access.ts';
import type { Config } from './config.ts';
import { createPostgresDeadLetterStore } from './interactions/dead-letter-store.postgres.ts';
import type { DeadLetterStore } from './interactions/dead-letter-store.ts';
import { createClickHouseEventLedger } from './interactions/event-ledger.clickhouse.ts';
import { createPostgresEventLedger } from './interactions/event-ledger.postgres.ts';
import { reconcile, type Reconciliation } from './interactions/reconcile.ts';
import { replayDeadLetters } from './interactions/replay-dead-letters.ts';
import { openStores } from './open-stores.ts';
import type { Database } from './postgres/database.ts';
import { systemClock, type Clock } from './shared/clock.ts';
import { OperatorError } from './shared/errors.ts';
import type { Page, PageRequest } from './shared/page.ts';
import type { Logger } from './shared/logger.ts';

/** What operators do to the stores from the command line. Nothing runs in the background. */
export interface Maintenance {
  deadLetters: Pick<DeadLetterStore, 'list'>;
  replayDeadLetters(ids: readonly string[] | null): Promise<string[]>;
  reconcile(repair: boolean): Promise<Reconciliation>;
  /** @throws OperatorError where there is no such namespace */
  keysOf(namespaceName: string): Promise<KeysOfNamespace>;
  close(): Promise<void>;
}

export interface KeysOfNamespace {
  /** The admin key, where asking for keys was the first thing that was done to the store. */
  newAdminKey: string | null;
  create(input: CreateApiKeyInput): Promise<{ apiKey: ApiKey; secret: string }>;
  list(page: PageRequest): Promise<Page<ApiKey>>;
  revoke(id: string): Promise<ApiKey>;
}

/** @throws OperatorError; on the embedded engines also while a server holds them */
export async function openMaintenance(config: Config, logger: Logger): Promise<Maintenance> {
  const stores = await openStores(config, { logger });
  const { database, warehouse } = stores;
  const deadLetters = createPostgresDeadLetterStore(database);
  const source = createPostgresEventLedger(database);
  const log = createClickHouseEventLedger(warehouse);
  return {
    deadLetters,
    // the relay of a server finds it by itself
    replayDeadLetters: (ids) => replayDeadLetters({ deadLetters, wakeRelay() {} }, ids),
    reconcile: (repair) => reconcile({ source, log, clock: systemClock }, repair),
    keysOf: (namespaceName) => openKeys(config, { database, clock: systemClock, logger }, namespaceName),
    close: () => stores.close(),
  };
}

async function openKeys(
  { adminKey }: Config,
  parts: { database: Database; clock: Clock; logger: Logger },
  namespaceName: string,
): Promise<KeysOfNamespace> {
  // servers find a revoked key by themselves within a second
  const access = await openAccess(parts, adminKey, () => undefined);
  access.close();
  const namespace = await createPostgresNamespaceStore(parts.database).findByName(namespaceName);
  if (namespace === null) {
    throw new OperatorError(`There is no namespace ${namespaceName}; create it by the mutation createNamespace.`);
  }
  return {
    newAdminKey: access.newAdminKey,
    create: (input) => access.app.createApiKey(namespace.id, input),
    list: (page) => access.app.apiKeys(namespace.id, page),
    revoke: (id) => access.app.revokeApiKey(namespace.id, id),
  };
}
