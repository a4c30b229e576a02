import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gql as apolloDocument } from '@apollo/client';
import { gql } from 'urql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAttune, testAdminKey as key, type RunningAttune } from '../fixtures/attune.ts';
import { root } from '../fixtures/source-tree.ts';
import { shopOn } from '../live/rollout-shop.ts';
import { apolloClient } from './recipes/apollo.ts';
import { searchAndClick } from './recipes/attune-client.ts';
import { watch } from './recipes/graphql-ws.ts';
import { ask } from './recipes/plain-fetch.ts';
import { events } from './recipes/server-sent-events.ts';
import { urqlClient } from './recipes/urql.ts';

interface Search {
  search: { executionId: string; hits: { documentId: string }[] };
}
interface Weights {
  learnedWeights: { version: string };
}
const search = `query ($retrieverId: ID!) {
  search(input: { retrieverId: $retrieverId, inputs: { query: "winter jacket" } }) { executionId hits { documentId } }
}`;
const subscription = 'subscription ($retrieverId: ID!) { learnedWeights(retrieverId: $retrieverId) { version } }';

describe('a recipe', { timeout: 60_000 }, () => {
  let attune: RunningAttune;
  let variables: { retrieverId: string };
  let url: string;
  beforeAll(async () => {
    // which browsers have, and Node from 22 on
    globalThis.WebSocket ??= WebSocket as never;
    attune = await startAttune();
    url = attune.url;
    variables = { retrieverId: await shopOn(attune).createRetriever() };
  });
  afterAll(() => attune.close());

  const click = async (): Promise<void> => {
    await searchAndClick(url, key, variables.retrieverId, 'jacket');
  };
  /** Reads the state as it is, and the next one, which a click brings about. */
  async function moves(versions: AsyncIterator<{ version: string }>): Promise<void> {
    const first = (await versions.next()).value as { version: string };
    await click();
    const second = (await versions.next()).value as { version: string };
    expect(Number(second.version)).toBeGreaterThan(Number(first.version));
    await versions.return?.();
  }

  test('for the client stores what was clicked', async () => {
    const executionId = await searchAndClick(url, key, variables.retrieverId, 'jacket');
    const { data } = await attune.ask<{ interactions: { nodes: { executionId: string }[] } }>(
      '{ interactions(first: 1) { nodes { executionId } } }',
    );
    expect(data.interactions.nodes).toEqual([{ executionId }]);
  });

  test('for fetch asks, and throws what is wrong', async () => {
    expect((await ask<Search>(url, key, search, variables)).search.hits.length).toBeGreaterThan(0);
    await expect(ask(url, 'wrong', search, variables)).rejects.toThrow(/^UNAUTHENTICATED: /);
  });

  test('for server-sent events sees weights move', async () => {
    const source = events<Weights>(url, key, subscription, variables);
    const versions = (async function* () {
      for await (const { learnedWeights } of source) yield learnedWeights;
    })();
    await moves(versions);
  });

  test('for graphql-ws sees weights move', () => moves(watch(url, key, variables.retrieverId)));

  test('for urql searches anew each time, and sees weights', async () => {
    const client = urqlClient(url, key);
    const query = gql<Search, typeof variables>(search);
    const ids = [await client.query(query, variables), await client.query(query, variables)].map(
      ({ data }) => data?.search.executionId,
    );
    expect(ids).toEqual([expect.any(String), expect.any(String)]);
    expect(ids[0]).not.toBe(ids[1]);
    const version = await new Promise<string | undefined>((resolve) => {
      const watching = client.subscription<Weights>(subscription, variables).subscribe(({ data }) => {
        resolve(data?.learnedWeights.version);
        queueMicrotask(() => watching.unsubscribe());
      });
    });
    expect(version).toMatch(/^\d{16}$/);
  });

  test('for Apollo Client searches anew each time, and sees weights', async () => {
    const client = apolloClient(url, key);
    const query = apolloDocument(search);
    const run = async () => (await client.query<Search>({ query, variables })).data?.search;
    const [one, two] = [await run(), await run()];
    expect(one?.hits.length).toBeGreaterThan(0);
    expect(one?.executionId).not.toBe(two?.executionId);
    const version = await new Promise<string | undefined>((resolve, reject) => {
      const watching = client.subscribe<Weights>({ query: apolloDocument(subscription), variables }).subscribe({
        next: ({ data }) => (resolve(data?.learnedWeights.version), watching.unsubscribe()),
        error: reject,
      });
    });
    expect(version).toMatch(/^\d{16}$/);
    client.stop();
  });
});

describe('the README', () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const folder = path.join(import.meta.dirname, 'recipes');
  const recipes = readdirSync(folder).map(
    (name) => [name, readFileSync(path.join(folder, name), 'utf8').trim()] as const,
  );

  test.each(recipes)('shows %s as it is run here', (_name, text) => {
    expect(readme).toContain(`\`\`\`ts\n${text}\n\`\`\``);
  });

  test('shows no other code in TypeScript', () => {
    const shown = [...readme.matchAll(/```ts\n([\s\S]*?)\n```/g)].map((match) => match[1]);
    expect(shown.filter((text) => !recipes.some(([, recipe]) => recipe === text))).toEqual([]);
  });
});
