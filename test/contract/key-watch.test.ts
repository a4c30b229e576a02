import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/access/create-api-key.ts';
import { createPostgresKeyStore } from '../../src/access/key-store.postgres.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { KeyWatch } from '../../src/access/key-watch.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createNamespace } from '../fixtures/collection.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('what lasts longer than a request, on $name,', ({ open }) => {
  let db: Database;
  let keys: KeyStore;
  let namespaceId: string;
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };

  beforeAll(async () => {
    db = await open();
    keys = createPostgresKeyStore(db);
    namespaceId = await createNamespace(db);
  });
  afterAll(() => db.close());

  const newKey = async (name: string, expiresAt: number | null = null) => {
    const input = { name, scopes: ['search' as const], expiresAt, allowedOrigins: [], rateLimitPerMinute: null };
    return (await createApiKey({ keys, clock }, namespaceId, input)).apiKey;
  };

  test('hears once that its key was revoked elsewhere or has expired, and is not told of other keys', async () => {
    const watch = new KeyWatch({ keys, clock, logger: silentLogger });
    const ended: string[] = [];
    const watched = async (name: string, expiresAt: number | null = null) => {
      const { id } = await newKey(name, expiresAt);
      const stop = watch.watch({ keyId: id, expiresAt }, () => {
        ended.push(name);
        stop();
      });
      return id;
    };
    const lost = await watched('lost');
    await watched('short', now + 1_000);
    await watched('good');
    await watch.check();
    expect(ended).toEqual([]);
    await keys.revoke(namespaceId, lost, now);
    await watch.check();
    expect(ended).toEqual(['lost']);
    now += 1_000;
    await watch.check();
    await watch.check();
    expect(ended).toEqual(['lost', 'short']);
    watch.close();
  });

  test('looks by itself', async () => {
    const watch = new KeyWatch({ keys, clock, logger: silentLogger });
    const { id } = await newKey('watched');
    const ended = new Promise<void>((resolve) => watch.watch({ keyId: id, expiresAt: null }, resolve));
    await keys.revoke(namespaceId, id, now);
    await ended;
    watch.close();
  });

  test('goes on while the store cannot be asked', async () => {
    const away = { revoked: () => Promise.reject(new Error('the database is away')) };
    const watch = new KeyWatch({ keys: away, clock, logger: silentLogger });
    let ended = false;
    watch.watch({ keyId: randomUUID(), expiresAt: null }, () => (ended = true));
    await watch.check();
    expect(ended).toBe(false);
    watch.close();
  });

  test('ends at once where it is told of the key', () => {
    const watch = new KeyWatch({ keys, clock, logger: silentLogger });
    const ended: number[] = [];
    for (const id of [1, 2]) watch.watch({ keyId: 'k', expiresAt: null }, () => void ended.push(id));
    const stop = watch.watch({ keyId: 'k', expiresAt: null }, () => void ended.push(3));
    stop();
    watch.end('other');
    watch.end('k');
    expect(ended).toEqual([1, 2]);
    watch.close();
  });
});
