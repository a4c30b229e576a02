import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { evaluationShop, eventually, shopQueries, type EvaluationShop } from '../fixtures/evaluation-shop.ts';

interface Rebuilt {
  executions: number;
  interactions: number;
  complete: boolean;
}

const WEIGHTS = `query ($id: ID!) { learnedWeights(retrieverId: $id) {
  version interactions weights { featureUri weight alpha beta }
} }`;

let attune: RunningAttune;
let shop: EvaluationShop;
let retrieverId: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  retrieverId = await shop.createRetriever(await shop.createCollection());
  for (const sought of shopQueries.slice(0, 8)) expect(await shop.shop(retrieverId, sought)).toBe(true);
  await eventually(async () => expect(await shop.interactionsLearned(retrieverId)).toBe(16));
});
afterAll(() => attune.close());

const weights = async () => {
  const { learnedWeights } = await shop.ask<{ learnedWeights: { version: string } & Record<string, unknown> }>(
    WEIGHTS,
    {
      id: retrieverId,
    },
  );
  return learnedWeights;
};
const rebuild = () =>
  shop.mutate<Rebuilt>('rebuildLearnedWeights', { retrieverId }, '{ executions interactions complete }');

test('learned weights that are rebuilt are the same, in a newer version', async () => {
  const { version, ...learned } = await weights();
  expect(await rebuild()).toMatchObject({ executions: 8, interactions: 16, complete: true });
  await eventually(async () => expect((await weights()).version > version).toBe(true));
  expect(await weights()).toMatchObject(learned);
});

test('a rebuild applies the reward map to what was done before', async () => {
  const searches = (config: object) => ({
    retrieverId,
    stages: [
      {
        featureSearch: {
          fusion: 'LEARNED',
          finalTopK: 10,
          searches: ['attune://lexical@v1/bm25', 'attune://ngram@v1/hashed_1024'].map((featureUri) => ({
            ...{ featureUri, query: '{{INPUT.query}}' },
          })),
          learningConfig: config,
        },
      },
    ],
  });
  await shop.mutate('updateRetriever', searches({ rewardMap: { click: 0 } }), '{ retriever { version } }');
  expect(await shop.interactionsLearned(retrieverId)).toBe(16);
  expect(await rebuild()).toMatchObject({ executions: 8, interactions: 8, complete: true });
  await eventually(async () => expect(await shop.interactionsLearned(retrieverId)).toBe(8));
  const unknown = { retrieverId: '01900000-0000-7000-8000-000000000000' };
  expect(await shop.answer('rebuildLearnedWeights', unknown, '{ complete }')).toMatchObject({
    code: 'RETRIEVER_NOT_FOUND',
    path: ['input', 'retrieverId'],
  });
});
