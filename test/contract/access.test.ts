import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccessCache, keyTtlMs, type AccessCache } from '../../src/access/access-cache.ts';
import type { CreateApiKeyInput } from '../../src/access/access-input.ts';
import { authenticate } from '../../src/access/authenticate.ts';
import type { Namespace } from '../../src/access/caller.ts';
import { createApiKey } from '../../src/access/create-api-key.ts';
import { createNamespace, ensureDefaultNamespace } from '../../src/access/create-namespace.ts';
import { ensureAdminKey } from '../../src/access/ensure-admin-key.ts';
import { createPostgresKeyStore } from '../../src/access/key-store.postgres.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { createPostgresNamespaceStore } from '../../src/access/namespace-store.postgres.ts';
import type { NamespaceStore } from '../../src/access/namespace-store.ts';
import { revokeApiKey } from '../../src/access/revoke-api-key.ts';
import { createPostgresSecretStore } from '../../src/access/secret-store.postgres.ts';
import type { Database } from '../../src/postgres/database.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const searchKey: CreateApiKeyInput = {
  name: 'shop',
  scopes: ['search'],
  expiresAt: null,
  allowedOrigins: [],
  rateLimitPerMinute: null,
};

describe.each(testDatabases())('access on $name', ({ open }) => {
  let db: Database;
  let keys: KeyStore & { lookUps: number };
  let namespaces: NamespaceStore;
  let cache: AccessCache;
  let now: number;
  const clock = { now: () => now };
  let told: string[];
  const deps = () => ({ keys, namespaces, cache, clock, tell: ({ id }: { id: string }) => void told.push(id) });

  beforeAll(async () => {
    db = await open();
    namespaces = createPostgresNamespaceStore(db);
  });
  afterAll(() => db.close());

  beforeEach(async () => {
    const store = createPostgresKeyStore(db);
    keys = {
      ...store,
      lookUps: 0,
      findByPrefix(prefix) {
        keys.lookUps += 1;
        return store.findByPrefix(prefix);
      },
    };
    now = Date.UTC(2026, 0, 1);
    told = [];
    cache = createAccessCache(clock);
    await db.query('delete from api_keys');
  });

  const newNamespace = (): Promise<Namespace> => createNamespace(deps(), `n-${randomUUID()}`);
  const enter = (secret: string, namespace: string | null = null, origin: string | null = null) =>
    authenticate(deps(), { authorization: `Bearer ${secret}`, namespace, origin });

  describe('a key of a namespace', () => {
    test('lets its bearer in, with its scopes, bound to its namespace', async () => {
      const namespace = await newNamespace();
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, searchKey);
      expect(await enter(secret)).toEqual({
        namespace,
        keyId: apiKey.id,
        scopes: ['search'],
        everyNamespace: false,
        expiresAt: null,
        rateLimitPerMinute: null,
      });
    });

    test('bound to web origins is of use on those alone, and its refusal says so', async () => {
      const namespace = await newNamespace();
      const allowedOrigins = ['https://shop.example', 'http://localhost:5173', 'https://shop.example'];
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, { ...searchKey, allowedOrigins });
      expect(apiKey.allowedOrigins).toEqual(['https://shop.example', 'http://localhost:5173']);
      await expect(enter(secret, null, 'http://localhost:5173')).resolves.toMatchObject({ keyId: apiKey.id });
      for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null', null]) {
        await expect(enter(secret, null, origin)).rejects.toMatchObject({
          code: 'ORIGIN_NOT_ALLOWED',
          message: expect.stringContaining('use it on https://shop.example'),
        });
      }
    });

    test('is not looked for where what was sent is none, however long it is', async () => {
      const spaces = ' '.repeat(250_000);
      for (const authorization of [
        null,
        '',
        'Bearer',
        'Bearer ',
        `Bearer${spaces}\n`,
        `Bearer x${spaces}\u00a0x`,
        'Basic x',
      ]) {
        const entering = authenticate(deps(), { authorization, namespace: null, origin: null });
        await expect(entering).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      }
      // the one that could be one
      expect(keys.lookUps).toBe(1);
    });

    test('may be sent with other letters and spaces around', async () => {
      const { secret } = await createApiKey(deps(), (await newNamespace()).id, searchKey);
      const sent = { authorization: ` bearer   ${secret} `, namespace: null, origin: null };
      await expect(authenticate(deps(), sent)).resolves.toMatchObject({ scopes: ['search'] });
    });

    test('tells its bearer’s rate', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, { ...searchKey, rateLimitPerMinute: 60 });
      await expect(enter(secret)).resolves.toMatchObject({ rateLimitPerMinute: 60 });
    });

    test('is listed in its namespace alone, newest first, without what its secret is known by', async () => {
      const [own, other] = [await newNamespace(), await newNamespace()];
      const made = [];
      for (const name of ['first', 'second', 'third']) {
        now += 1;
        made.unshift((await createApiKey(deps(), own.id, { ...searchKey, name })).apiKey);
      }
      await createApiKey(deps(), other.id, searchKey);
      const revoked = await revokeApiKey(deps(), own.id, made[2]!.id);
      const first = await keys.list(own.id, { limit: 2, after: null });
      expect(first).toEqual({ items: made.slice(0, 2), hasNextPage: true });
      const rest = await keys.list(own.id, { limit: 2, after: made[1]!.id });
      expect(rest).toEqual({ items: [revoked], hasNextPage: false });
      await expect(keys.list(own.id, { limit: 2, after: 'x' })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    });

    test('may name its own namespace and no other', async () => {
      const [own, other] = [await newNamespace(), await newNamespace()];
      const { secret } = await createApiKey(deps(), own.id, searchKey);
      await expect(enter(secret, own.name)).resolves.toMatchObject({ namespace: own });
      await expect(enter(secret, other.name)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    test('is stored without its secret', async () => {
      const namespace = await newNamespace();
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, searchKey);
      expect(secret).toMatch(/^attune_[0-9a-f]{12}_[0-9a-f]{56}$/);
      expect(secret.startsWith(`${apiKey.prefix}_`)).toBe(true);
      const stored = JSON.stringify(await db.query('select * from api_keys'));
      expect(stored).toContain(apiKey.prefix);
      expect(stored).not.toContain(secret.split('_')[2]);
    });

    test('stops working when it expires', async () => {
      const namespace = await newNamespace();
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, { ...searchKey, expiresAt: now + 500 });
      expect(apiKey.expiresAt).toBe(now + 500);
      await expect(enter(secret)).resolves.toBeDefined();
      now += 500;
      await expect(enter(secret)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: expect.stringMatching(/expired/),
      });
    });

    test('stops working at once when it is revoked here', async () => {
      const namespace = await newNamespace();
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, searchKey);
      await enter(secret);
      const revoked = await revokeApiKey(deps(), namespace.id, apiKey.id);
      expect(revoked).toEqual({ ...apiKey, revokedAt: now });
      expect(told).toEqual([apiKey.id]);
      await expect(enter(secret)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: expect.stringMatching(/revoked/),
      });
    });

    test('stops working within a second when another instance revokes it', async () => {
      const namespace = await newNamespace();
      const { apiKey, secret } = await createApiKey(deps(), namespace.id, searchKey);
      await enter(secret);
      await revokeApiKey({ ...deps(), cache: createAccessCache(clock) }, namespace.id, apiKey.id);
      now += keyTtlMs + 1;
      await expect(enter(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    test('keeps the moment of its first revocation', async () => {
      const namespace = await newNamespace();
      const { apiKey } = await createApiKey(deps(), namespace.id, searchKey);
      const first = await revokeApiKey(deps(), namespace.id, apiKey.id);
      now += 5_000;
      expect(await revokeApiKey(deps(), namespace.id, apiKey.id)).toEqual(first);
    });

    test('cannot be revoked from another namespace, nor by an id that is none', async () => {
      const [own, other] = [await newNamespace(), await newNamespace()];
      const { apiKey, secret } = await createApiKey(deps(), own.id, searchKey);
      await expect(revokeApiKey(deps(), other.id, apiKey.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
      await expect(revokeApiKey(deps(), own.id, 'shop')).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
      await expect(enter(secret)).resolves.toBeDefined();
    });

    test.each([
      [{ scopes: [] }, 'NO_SCOPES', ['input', 'scopes']],
      [{ name: '  ' }, 'INVALID_KEY_NAME', ['input', 'name']],
      [{ name: 'x'.repeat(201) }, 'INVALID_KEY_NAME', ['input', 'name']],
      [{ name: 'shop\0' }, 'INVALID_KEY_NAME', ['input', 'name']],
      [{ name: 'half \ud83d' }, 'INVALID_KEY_NAME', ['input', 'name']],
      [{ expiresAt: Date.UTC(2025, 0, 1) }, 'EXPIRY_IN_THE_PAST', ['input', 'expiresAt']],
      [
        { allowedOrigins: ['https://a.example', 'https://b.example/'] },
        'INVALID_ORIGIN',
        ['input', 'allowedOrigins', '1'],
      ],
      [{ allowedOrigins: ['shop.example'] }, 'INVALID_ORIGIN', ['input', 'allowedOrigins', '0']],
      [{ allowedOrigins: ['https://Shop.example'] }, 'INVALID_ORIGIN', ['input', 'allowedOrigins', '0']],
      [{ allowedOrigins: ['*'] }, 'INVALID_ORIGIN', ['input', 'allowedOrigins', '0']],
      [{ allowedOrigins: Array(101).fill('https://a.example') }, 'INVALID_ORIGIN', ['input', 'allowedOrigins']],
      [
        { scopes: ['admin' as const], allowedOrigins: ['https://a.example'] },
        'ORIGINS_ON_ADMIN_KEY',
        ['input', 'allowedOrigins'],
      ],
      [{ rateLimitPerMinute: 0 }, 'INVALID_RATE_LIMIT', ['input', 'rateLimitPerMinute']],
      [{ rateLimitPerMinute: 1.5 }, 'INVALID_RATE_LIMIT', ['input', 'rateLimitPerMinute']],
    ])('is not made of %j', async (fault, code, path) => {
      const namespace = await newNamespace();
      await expect(createApiKey(deps(), namespace.id, { ...searchKey, ...fault })).rejects.toMatchObject({
        code,
        path,
      });
      expect(await db.query('select 1 from api_keys')).toEqual([]);
    });
  });

  describe('whoever has no valid key', () => {
    test.each([null, '', 'Bearer', 'Bearer  ', 'Basic abc', 'attune_x'])(
      'is kept out with %j',
      async (authorization) => {
        const credentials = { authorization, namespace: null, origin: null };
        await expect(authenticate(deps(), credentials)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      },
    );

    test('is kept out with a key whose last character is another', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      const changed = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0');
      await expect(enter(changed)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    test('is kept out with another secret under a known prefix', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      const { secret: other } = await createApiKey(deps(), namespace.id, searchKey);
      await db.query('update api_keys set hash = (select hash from api_keys where prefix = $1)', [
        secret.slice(0, secret.lastIndexOf('_')),
      ]);
      await expect(enter(other)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  });

  describe('the admin key', () => {
    const configured = 'correct horse battery staple!';

    beforeEach(() => ensureDefaultNamespace(deps()));

    test('is made once, and its secret told once', async () => {
      const { secret } = await ensureAdminKey(deps(), null);
      expect(secret).not.toBeNull();
      expect(await ensureAdminKey(deps(), null)).toEqual({ secret: null });
      expect(await enter(secret ?? '')).toMatchObject({
        namespace: { name: 'default' },
        scopes: ['admin'],
        everyNamespace: true,
      });
    });

    test('may be any string of 24 or more characters', async () => {
      expect(await ensureAdminKey(deps(), configured)).toEqual({ secret: null });
      await expect(enter(configured)).resolves.toMatchObject({ scopes: ['admin'] });
    });

    test.each(['too short', ` ${configured}`, `${configured}ü`, `${configured}\n`])('may not be %j', async (key) => {
      await expect(ensureAdminKey(deps(), key)).rejects.toThrow(/ATTUNE_ADMIN_KEY must have 24 or more/);
    });

    test('reaches every namespace, and none that does not exist', async () => {
      await ensureAdminKey(deps(), configured);
      const namespace = await newNamespace();
      await expect(enter(configured, namespace.name)).resolves.toMatchObject({ namespace });
      for (const name of ['nowhere', 'no\0where', '\ud800', '', '__proto__', 'x'.repeat(100_000)]) {
        await expect(enter(configured, name)).rejects.toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
      }
    });

    test('takes no id of a namespace for a name, whoever came there before', async () => {
      await ensureAdminKey(deps(), configured);
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      await enter(secret);
      await expect(enter(configured, namespace.id)).rejects.toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
    });

    test('reaches a namespace right after it was asked for in vain', async () => {
      await ensureAdminKey(deps(), configured);
      const name = `late-${randomUUID()}`;
      await expect(enter(configured, name)).rejects.toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
      await createNamespace(deps(), name);
      await expect(enter(configured, name)).resolves.toMatchObject({ namespace: { name } });
    });

    test('is replaced by another configured one, and can come back', async () => {
      const { secret } = await ensureAdminKey(deps(), null);
      await ensureAdminKey(deps(), configured);
      now += keyTtlMs + 1;
      await expect(enter(secret ?? '')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await ensureAdminKey(deps(), `${configured} again`);
      await ensureAdminKey(deps(), configured);
      now += keyTtlMs + 1;
      await expect(enter(configured)).resolves.toBeDefined();
      await expect(enter(`${configured} again`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    test('cannot be the key of one namespace', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      await expect(ensureAdminKey(deps(), secret)).rejects.toThrow(/is the key .* of one namespace/);
    });
  });

  describe('the cache', () => {
    test('spares the look-up of a key for a second', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      await Promise.all([enter(secret), enter(secret), enter(secret)]);
      await enter(secret);
      expect(keys.lookUps).toBe(1);
      now += keyTtlMs + 1;
      await enter(secret);
      expect(keys.lookUps).toBe(2);
    });

    test('does not remember a failure', async () => {
      const namespace = await newNamespace();
      const { secret } = await createApiKey(deps(), namespace.id, searchKey);
      const { findByPrefix } = keys;
      keys.findByPrefix = () => Promise.reject(new Error('the database is away'));
      await expect(enter(secret)).rejects.toThrow('away');
      keys.findByPrefix = findByPrefix;
      await expect(enter(secret)).resolves.toBeDefined();
    });
  });

  describe('a namespace', () => {
    test('has a name of its own', async () => {
      const { name } = await newNamespace();
      await expect(createNamespace(deps(), name)).rejects.toMatchObject({
        code: 'NAMESPACE_TAKEN',
        path: ['input', 'name'],
      });
    });

    test.each(['', 'Shop', '-shop', 'shop_1', 'x'.repeat(64), 'shop\n'])('is not called %j', async (name) => {
      await expect(createNamespace(deps(), name)).rejects.toMatchObject({ code: 'INVALID_NAMESPACE_NAME' });
    });

    test('called default is the same for all who start at once', async () => {
      const all = await Promise.all([ensureDefaultNamespace(deps()), ensureDefaultNamespace(deps())]);
      expect(all[0]).toEqual(all[1]);
      expect(all[0].name).toBe('default');
    });
  });

  test('a secret of the store is made once, random, and the same for all who ask at once', async () => {
    const secrets = createPostgresSecretStore(db);
    const [first, second, other] = await Promise.all([
      secrets.ensureSecret('a'),
      secrets.ensureSecret('a'),
      secrets.ensureSecret('b'),
    ]);
    expect(first).toHaveLength(32);
    expect(second.equals(first)).toBe(true);
    expect(other.equals(first)).toBe(false);
  });
});
