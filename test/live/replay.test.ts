import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { evaluationShop, eventually, shopQueries, type EvaluationShop } from '../fixtures/evaluation-shop.ts';

interface Replayed {
  contextLevel: string;
  seed: string;
  hits: { documentId: string }[];
  weights: { featureUri: string; weight: number }[];
  replay: {
    identical: boolean;
    weights: { featureUri: string; weight: number }[];
    documentIds: string[];
    differences: string[];
  };
}

const REPLAY = `query ($id: ID!) { execution(executionId: $id) {
  contextLevel seed hits { documentId } weights { featureUri weight }
  replay { identical weights { featureUri weight } documentIds differences }
} }`;

let attune: RunningAttune;
let shop: EvaluationShop;
let retrieverId: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  retrieverId = await shop.createRetriever(await shop.createCollection());
});
afterAll(() => attune.close());

async function replayOf(executionId: string): Promise<Replayed> {
  return (await shop.ask<{ execution: Replayed }>(REPLAY, { id: executionId })).execution;
}

test('a search before anything was learned, and one after it, come out the same again', async () => {
  const before = await shop.search(retrieverId, 'red lamp');
  expect(await replayOf(before.executionId)).toMatchObject({ contextLevel: 'PRIOR', replay: { identical: true } });

  for (const sought of shopQueries.slice(0, 5)) expect(await shop.shop(retrieverId, sought)).toBe(true);
  await eventually(async () => expect(await shop.interactionsLearned(retrieverId)).toBe(10));
  const { executionId } = await shop.search(retrieverId, 'red lamp');
  const { replay, ...recorded } = await replayOf(executionId);
  expect(recorded.contextLevel).toBe('GLOBAL');
  expect(replay).toEqual({
    identical: true,
    weights: recorded.weights,
    documentIds: recorded.hits.map(({ documentId }) => documentId),
    differences: [],
  });
});

test('what has been learned since does not change it, another seed does', async () => {
  const { executionId } = await shop.search(retrieverId, 'blue chair');
  await shop.shop(retrieverId, shopQueries[7]!);
  await eventually(async () => expect(await shop.interactionsLearned(retrieverId)).toBe(12));
  expect((await replayOf(executionId)).replay.identical).toBe(true);

  const { search } = attune.attune.app;
  const [execution] = await search.executions(attune.attune.defaultNamespace.id, [executionId]);
  // Of many seeds, since two draws may be the same by chance.
  const seeds = Array.from({ length: 50 }, (_, index) => `another seed ${index}`);
  const forged = await Promise.all(seeds.map((seed) => search.replay({ ...execution!, seed })));
  const different = forged.filter(({ identical }) => !identical);
  expect(different).not.toEqual([]);
  for (const { differences } of different) expect(differences[0]).toMatch(/^The weight of /);
});
