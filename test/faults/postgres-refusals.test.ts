import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/postgres/migrate.ts';
import { openServer } from '../../src/postgres/open-server.ts';
import { startAttune } from '../fixtures/attune.ts';
import { hasPostgresPackages, startOwnPostgres, type OwnPostgres } from '../fixtures/own-postgres.ts';
import { onServer, silentLogger } from '../fixtures/postgres.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { dropStores, realStoresOf } from '../fixtures/store-pair.ts';

describe.skipIf(!hasPostgresPackages)('a Postgres that lets nobody in, or not far', () => {
  let postgres: OwnPostgres;
  beforeAll(async () => {
    postgres = await startOwnPostgres();
    await onServer(postgres.url, "create role guest login password 'sesame'");
    await onServer(postgres.url, 'create database shop');
    await postgres.requirePasswords();
  });
  afterAll(() => postgres.remove());

  const open = async (change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>) => {
    const url = Object.assign(
      new URL(postgres.url),
      { username: 'guest', password: 'sesame', pathname: '/shop' },
      change,
    );
    const database = await openServer({ url: url.href, logger: silentLogger });
    await migrate(database, silentLogger).finally(() => database.close());
  };

  test.each([
    [
      'a wrong password',
      { password: 'open-up' },
      /password authentication failed for user "guest".*DATABASE_URL names/,
    ],
    ['a database that is not there', { pathname: '/nowhere' }, /\(database "nowhere" does not exist\).*DATABASE_URL/],
    ['a role that may make nothing', {}, /may not set the schema up \(permission denied .*grant it the right/],
  ])('says what is wrong with %s, and no password', async (_name, change, message) => {
    const error = await open(change).then(
      () => null,
      (reason: Error) => reason,
    );
    expect(error?.message).toMatch(message);
    expect(error).toMatchObject({ name: 'OperatorError' });
    expect(error?.message).not.toMatch(/sesame|open-up/);
  });
});

describe.skipIf(process.env.ATTUNE_TEST_DATABASE_URL === undefined)(
  'servers that start at once on empty stores',
  () => {
    afterAll(dropStores);

    test('all come up, and take feedback on what another has shown', async () => {
      const stores = await realStoresOf(`first-start-${randomUUID()}`);
      const servers = await Promise.all(Array.from({ length: 3 }, () => startAttune(stores)));
      const shop = await createDemoShop(servers[0]!);
      for (const other of servers.slice(1)) {
        const { data } = await other.ask<{ recordInteraction: { __typename: string } }>(
          'mutation ($id: ID!) { recordInteraction(input: { executionId: $id, position: 0 }) { __typename } }',
          { id: await shop.search() },
        );
        expect(data.recordInteraction.__typename).toBe('RecordInteractionPayload');
      }
      await Promise.all(servers.map((server) => server.close()));
    });
  },
);
