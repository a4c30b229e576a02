import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import {
  evaluationShop,
  eventually,
  shopFeatures,
  shopQueries,
  type EvaluationShop,
} from '../fixtures/evaluation-shop.ts';

interface Learned {
  contextLevel: string;
  interactions: number;
  weights: { featureUri: string; weight: number; alpha: number }[];
}

let attune: RunningAttune;
let shop: EvaluationShop;
let collectionId: string;
let evaluationId: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  collectionId = await shop.createCollection();
  const [measured, datasetId] = [await shop.createRetriever(collectionId, 'RRF'), await shop.createDataset()];
  evaluationId = await shop.runEvaluation({ retrieverId: measured, datasetId });
  await shop.finished(evaluationId);
});
afterAll(() => attune.close());

const stagesWith = (warmStart: unknown, features = Object.values(shopFeatures)) => {
  const searches = features.map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
  return [{ featureSearch: { fusion: 'LEARNED', searches, learningConfig: { warmStart } } }];
};
const CONFIG = '{ retriever { stages { ... on FeatureSearchStage { learningConfig { warmStart } } } } }';
const update = (retrieverId: string, warmStart: unknown, features?: string[]) =>
  shop.answer<Record<string, unknown>>(
    'updateRetriever',
    { retrieverId, stages: stagesWith(warmStart, features) },
    CONFIG,
  );

async function learned(retrieverId: string): Promise<Learned> {
  const { learnedWeights } = await shop.ask<{ learnedWeights: Learned }>(
    `query ($id: ID!) { learnedWeights(retrieverId: $id) {
      contextLevel interactions weights { featureUri weight alpha }
    } }`,
    { id: retrieverId },
  );
  return learnedWeights;
}

const honestWeight = ({ weights }: Learned) =>
  weights.find(({ featureUri }) => featureUri === shopFeatures.honest)!.weight;

test('a retriever begins with what an evaluation has seen of judged queries, before anybody has clicked', async () => {
  const retrieverId = await shop.createRetriever(collectionId);
  expect(honestWeight(await learned(retrieverId))).toBeCloseTo(0.5, 6);
  const updated = await update(retrieverId, { evaluationId, strength: 200 });
  expect(updated).toMatchObject({
    retriever: {
      stages: [{ learningConfig: { warmStart: { evaluationId, strength: 200, queries: shopQueries.length } } }],
    },
  });
  const warm = await learned(retrieverId);
  expect(warm).toMatchObject({ contextLevel: 'PRIOR', interactions: 0 });
  expect(honestWeight(warm)).toBeGreaterThan(0.6);

  const [{ query, documentId }] = shopQueries as [(typeof shopQueries)[number]];
  const { search } = await shop.ask<{ search: { hits: { documentId: string }[]; contextLevel: string } }>(
    'query ($input: SearchInput!) { search(input: $input) { contextLevel hits { documentId } replay { identical } } }',
    { input: { retrieverId, inputs: { query }, seed: 'warm' } },
  );
  expect(search).toMatchObject({ contextLevel: 'PRIOR', replay: { identical: true } });
  expect(search.hits[0]?.documentId).toBe(documentId);
});

test('what people do comes on top, and taking the warm start away leaves only that', async () => {
  const retrieverId = await shop.createRetriever(collectionId);
  await update(retrieverId, { evaluationId });
  expect(await shop.shop(retrieverId, shopQueries[0]!)).toBe(true);
  await eventually(async () => expect((await learned(retrieverId)).contextLevel).toBe('GLOBAL'));
  const together = await learned(retrieverId);
  await update(retrieverId, null);
  const alone = await learned(retrieverId);
  expect(alone.interactions).toBe(together.interactions);
  expect(honestWeight(together)).toBeGreaterThan(honestWeight(alone));
});

test('what cannot be begun with is refused with the remedy, and changes nothing', async () => {
  const retrieverId = await shop.createRetriever(collectionId);
  const path = ['input', 'stages', '0', 'featureSearch', 'learningConfig', 'warmStart', 'evaluationId'];
  const unknown = '0190f1a0-0000-7000-8000-000000000001';
  expect(await update(retrieverId, { evaluationId: unknown })).toMatchObject({ code: 'EVALUATION_NOT_FOUND', path });
  expect(await update(retrieverId, { evaluationId }, [shopFeatures.honest])).toMatchObject({
    ...{ code: 'WARM_START_FEATURES_DIFFER', path },
    message: expect.stringContaining(shopFeatures.misleading) as string,
  });
  const found = [{ query: 'red lamp', documentId: 'nowhere' }];
  const datasetId = await shop.createDataset(found);
  const empty = await shop.runEvaluation({ retrieverId, datasetId });
  await shop.finished(empty);
  expect(await update(retrieverId, { evaluationId: empty })).toMatchObject({
    code: 'WARM_START_TEACHES_NOTHING',
    path,
  });
  // evaluations run one after the other: the last of several waits long enough to be cancelled
  const judged = await shop.createDataset();
  const runs = await Promise.all([1, 2, 3, 4].map(() => shop.runEvaluation({ retrieverId, datasetId: judged })));
  const cancelled = runs.at(-1)!;
  await shop.mutate('cancelEvaluation', { evaluationId: cancelled }, '{ evaluation { status } }');
  expect(await update(retrieverId, { evaluationId: cancelled })).toMatchObject({
    code: 'EVALUATION_NOT_COMPLETED',
    path,
  });
  const { retriever } = await shop.ask<{ retriever: { version: number } }>(
    'query ($id: ID!) { retriever(id: $id) { version } }',
    { id: retrieverId },
  );
  expect(retriever.version).toBe(1);
});
