import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import {
  evaluationShop,
  eventually,
  shopFeatures,
  shopQueries,
  type EvaluationShop,
} from '../fixtures/evaluation-shop.ts';

let attune: RunningAttune;
let shop: EvaluationShop;
let retrieverId: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  retrieverId = await shop.createRetriever(await shop.createCollection());
});
afterAll(() => attune.close());

async function examinationOf(executionId: string): Promise<readonly number[] | null | undefined> {
  const { app, defaultNamespace } = attune.attune;
  const [execution] = await app.search.executions(defaultNamespace.id, [executionId]);
  return execution?.examination;
}

test('the examination curve can be looked at, and searches record it once they learn by it', async () => {
  for (const sought of shopQueries.slice(0, 6)) expect(await shop.shop(retrieverId, sought)).toBe(true);
  const before = await shop.search(retrieverId, 'red lamp');
  expect(await examinationOf(before.executionId)).toBeNull();

  await eventually(async () => {
    const { retriever } = await shop.ask<{ retriever: { examinationCurve: Record<string, number>[] } }>(
      'query ($id: ID!) { retriever(id: $id) { examinationCurve { position probability shown clicks } } }',
      { id: retrieverId },
    );
    expect(retriever.examinationCurve[0]).toMatchObject({ position: 0, probability: 1, shown: 7 });
    expect(retriever.examinationCurve.reduce((sum, { clicks }) => sum + clicks!, 0)).toBe(6);
  });

  const searches = Object.values(shopFeatures).map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
  const featureSearch = {
    fusion: 'LEARNED',
    finalTopK: 10,
    searches,
    learningConfig: { positionBias: 'EXAMINATION_CURVE' },
  };
  const { retriever } = await shop.mutate<{ retriever: { stages: object[] } }>(
    'updateRetriever',
    { retrieverId, stages: [{ featureSearch }] },
    '{ retriever { stages { ... on FeatureSearchStage { learningConfig { positionBias rewardWindowHours } } } } }',
  );
  expect(retriever.stages).toEqual([{ learningConfig: { positionBias: 'EXAMINATION_CURVE', rewardWindowHours: 168 } }]);
  const { executionId } = await shop.search(retrieverId, 'red lamp');
  const recorded = await examinationOf(executionId);
  expect(recorded).toHaveLength(20);
  expect(recorded?.[0]).toBe(1);
});
