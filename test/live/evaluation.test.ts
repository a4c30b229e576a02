import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import {
  evaluationShop,
  eventually,
  shopQueries,
  type EvaluationAnswer,
  type EvaluationShop,
} from '../fixtures/evaluation-shop.ts';
import { connect, subscribe } from './transport-clients.ts';

const COMPARE = `query ($baselineId: ID!, $candidateId: ID!, $metric: EvaluationMetric! = NDCG, $k: Int) {
  compareEvaluations(baselineId: $baselineId, candidateId: $candidateId, metric: $metric, k: $k) {
    verdict summary observations difference low high pValue smallestDetectable wins ties losses k metric
    changedMost { queryId difference } metrics { metric k baseline candidate difference }
  }
}`;

let attune: RunningAttune;
let shop: EvaluationShop;
let collectionId: string;
let retrieverId: string;
let datasetId: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  collectionId = await shop.createCollection();
  retrieverId = await shop.createRetriever(collectionId);
  datasetId = await shop.createDataset();
  for (const sought of shopQueries) expect(await shop.shop(retrieverId, sought)).toBe(true);
  await eventually(async () => expect(await shop.interactionsLearned(retrieverId)).toBe(2 * shopQueries.length));
});
afterAll(() => attune.close());

/** Everything that a subscription brought until it ended. */
async function progressOf(evaluationId: string): Promise<EvaluationAnswer[]> {
  const client = connect(attune, { connectionParams: { authorization: `Bearer ${attune.adminKey}` } });
  const { events, ended } = subscribe(
    client,
    `subscription ($evaluationId: ID!) { evaluationProgress(evaluationId: $evaluationId) {
      id status progress { done total remainingMs } metrics { k ndcg }
    } }`,
    { evaluationId },
  );
  expect(await ended).toBeNull();
  await client.dispose();
  return events.map(({ data }) => data?.['evaluationProgress'] as EvaluationAnswer);
}

const errorsOf = async (query: string, variables: object) => {
  const { errors } = await attune.ask(query, variables);
  return errors?.map(({ extensions }) => ({ code: extensions['code'], path: extensions['inputPath'] }));
};

describe('an evaluation', () => {
  test('of learned against static fusion ends with a verdict', async () => {
    const [baselineId, candidateId] = [
      await shop.runEvaluation({ retrieverId, datasetId, fusion: 'RRF' }),
      await shop.runEvaluation({ retrieverId, datasetId }),
    ];
    const [fixed, learned] = [await shop.finished(baselineId), await shop.finished(candidateId)];
    expect(fixed.weightVersion).toBeNull();
    expect(learned.weightVersion).toMatch(/^\d{16}$/);
    expect(learned.metrics?.map(({ k }) => k)).toEqual([1, 5, 10, 20]);
    expect(learned.metrics?.[0]).toMatchObject({ precision: 1, recall: 1, map: 1, ndcg: 1, mrr: 1 });
    expect(learned.metrics?.[2]).toMatchObject({ recall: 1, mrr: 1 });
    expect(learned.metrics?.[2]?.precision).toBeCloseTo(0.1, 12);

    const variables = { baselineId, candidateId };
    const { compareEvaluations: compared } = await shop.ask<{ compareEvaluations: Record<string, number> }>(
      COMPARE,
      variables,
    );
    expect(compared).toMatchObject({ verdict: 'BETTER', k: 10, metric: 'NDCG', losses: 0, wins: shopQueries.length });
    expect(compared).toMatchObject({ observations: shopQueries.length });
    expect(compared['summary']).toMatch(/^The candidate is better: \+0\.\d{3} nDCG@10 over 33 queries/);
    expect(compared['low']).toBeGreaterThan(0);
    const { compareEvaluations: again } = await shop.ask<{ compareEvaluations: unknown }>(COMPARE, variables);
    expect(again).toEqual(compared);
    const swapped = await shop.ask<{ compareEvaluations: unknown }>(COMPARE, {
      baselineId: candidateId,
      candidateId: baselineId,
    });
    expect(swapped.compareEvaluations).toMatchObject({ verdict: 'WORSE', wins: 0 });
  });

  test('of the same thing twice shows no difference', async () => {
    const [baselineId, candidateId] = [
      await shop.runEvaluation({ retrieverId, datasetId }),
      await shop.runEvaluation({ retrieverId, datasetId }),
    ];
    await shop.finished(candidateId);
    const { compareEvaluations: compared } = await shop.ask<{ compareEvaluations: object }>(COMPARE, {
      baselineId,
      candidateId,
    });
    expect(compared).toMatchObject({ verdict: 'NO_DIFFERENCE_SHOWN', difference: 0, pValue: 1, ties: 33 });
    expect(compared).toMatchObject({
      summary: expect.stringContaining('Both scored the same on all queries.') as string,
    });
  });

  test('tells its progress from the first state to the last, and then ends the subscription', async () => {
    const evaluationId = await shop.runEvaluation({ retrieverId, datasetId, kValues: [3] });
    const states = await progressOf(evaluationId);
    expect(states.length).toBeGreaterThan(1);
    const done = states.map(({ progress }) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(states.at(-1)).toMatchObject({
      status: 'COMPLETED',
      progress: { done: 33, total: 33, remainingMs: 0 },
      metrics: [{ k: 3, ndcg: 1 }],
    });
    const underWay = states.filter(({ progress: { done: count } }) => count > 0 && count < 33);
    for (const { progress } of underWay) expect(progress.remainingMs).toBeGreaterThan(0);
    const [snapshot, ...others] = await progressOf(evaluationId);
    expect(snapshot).toMatchObject({ status: 'COMPLETED' });
    expect(others).toEqual([]);
  });

  test('teaches nothing', async () => {
    const weights = () =>
      shop.ask('query ($id: ID!) { learnedWeights(retrieverId: $id) { version interactions } }', {
        id: retrieverId,
      });
    const before = await weights();
    await shop.finished(await shop.runEvaluation({ retrieverId, datasetId }));
    expect(await weights()).toEqual(before);
  });

  test('can be looked at query by query', async () => {
    const id = await shop.runEvaluation({ retrieverId, datasetId, kValues: [1], limit: 2 });
    await shop.finished(id);
    type Node = { queryId: string; inputs: object; ranking: string[]; metrics: object[]; error: string | null };
    const { evaluation } = await shop.ask<{ evaluation: { queries: { nodes: Node[]; pageInfo: object } } }>(
      `query ($id: ID!) { evaluation(id: $id) { queries(first: 2) {
        nodes { queryId inputs ranking metrics { k mrr } error } pageInfo { hasNextPage }
      } } }`,
      { id },
    );
    expect(evaluation.queries.nodes[0]).toMatchObject({
      inputs: { query: 'red lamp' },
      metrics: [{ k: 1, mrr: 1 }],
      error: null,
    });
    expect(evaluation.queries.nodes[0]?.ranking).toHaveLength(2);
    expect(evaluation.queries.nodes[0]?.ranking[0]).toBe('z-red-lamp');
    expect(evaluation.queries.pageInfo).toEqual({ hasNextPage: true });
  });

  test('that is over cannot be cancelled', async () => {
    const evaluationId = await shop.runEvaluation({ retrieverId, datasetId });
    await shop.finished(evaluationId);
    const answer = await shop.answer('cancelEvaluation', { evaluationId }, '{ evaluation { status } }');
    expect(answer).toMatchObject({ code: 'EVALUATION_OVER', path: ['input', 'evaluationId'] });
  });
});

describe('what cannot be evaluated is refused with the field and the remedy', () => {
  const unknown = '01900000-0000-7000-8000-000000000001';
  const run = (input: object) =>
    shop.answer('runEvaluation', { retrieverId, datasetId, ...input }, '{ evaluation { id } }');

  test.each([
    ['an unknown dataset', { datasetId: unknown }, 'DATASET_NOT_FOUND', ['input', 'datasetId']],
    ['an unknown version of one', { datasetVersion: 7 }, 'DATASET_VERSION_NOT_FOUND', ['input', 'datasetVersion']],
    ['an unknown retriever', { retrieverId: 'x' }, 'RETRIEVER_NOT_FOUND', ['input', 'retrieverId']],
    ['a k of 0', { kValues: [5, 0] }, 'INVALID_K_VALUES', ['input', 'kValues', '1']],
    ['a k of 10,000', { kValues: [10_000] }, 'INVALID_K_VALUES', ['input', 'kValues', '0']],
    ['no k', { kValues: [] }, 'INVALID_K_VALUES', ['input', 'kValues']],
    ['a limit of 0', { limit: 0 }, 'INVALID_LIMIT', ['input', 'limit']],
    ['held-out queries that are not there', { heldOutOnly: true }, 'NO_HELD_OUT_QUERY', ['input', 'heldOutOnly']],
  ])('%s', async (_what, input, code, path) => {
    expect(await run(input)).toMatchObject({ code, path });
  });

  test('a dataset whose inputs the retriever does not take', async () => {
    const { dataset } = await shop.mutate<{ dataset: { id: string } }>(
      'createEvaluationDataset',
      { name: 'strange', queries: [{ inputs: { text: 'lamp' }, judgments: [{ documentId: 'a' }] }] },
      '{ dataset { id } }',
      'EvaluationDataset',
    );
    expect(await run({ datasetId: dataset.id })).toMatchObject({ code: 'DATASET_DOES_NOT_FIT' });
  });

  test('a comparison of different datasets, of one with itself, of an unknown one, or at a k that is not there', async () => {
    const other = await shop.createDataset(shopQueries.slice(0, 3));
    const [one, another] = [
      await shop.runEvaluation({ retrieverId, datasetId, kValues: [1] }),
      await shop.runEvaluation({ retrieverId, datasetId: other, kValues: [1] }),
    ];
    await Promise.all([shop.finished(one), shop.finished(another)]);
    const compare = (baselineId: string, candidateId: string, k?: number) =>
      errorsOf(COMPARE, { baselineId, candidateId, k });
    expect(await compare(one, another)).toEqual([{ code: 'DIFFERENT_DATASETS', path: ['candidateId'] }]);
    expect(await compare(one, one)).toEqual([{ code: 'SAME_EVALUATION', path: ['candidateId'] }]);
    expect(await compare(one, unknown)).toEqual([{ code: 'EVALUATION_NOT_FOUND', path: ['candidateId'] }]);
    const same = await shop.runEvaluation({ retrieverId, datasetId, kValues: [1, 3] });
    await shop.finished(same);
    expect(await compare(one, same, 3)).toEqual([{ code: 'INVALID_K', path: ['k'] }]);
  });

  test('progress of an unknown evaluation', async () => {
    const client = connect(attune, { connectionParams: { authorization: `Bearer ${attune.adminKey}` } });
    const { events, ended } = subscribe(
      client,
      'subscription ($id: ID!) { evaluationProgress(evaluationId: $id) { id } }',
      { id: unknown },
    );
    expect(await ended).toBeNull();
    expect(events.flatMap(({ errors }) => errors ?? [])).toMatchObject([
      { extensions: { code: 'EVALUATION_NOT_FOUND' } },
    ]);
    await client.dispose();
  });
});

test('another namespace sees neither dataset nor evaluation', async () => {
  await shop.mutate('createNamespace', { name: 'elsewhere' }, '{ namespace { id } }');
  const elsewhere = evaluationShop(attune, 'elsewhere');
  const id = await shop.runEvaluation({ retrieverId, datasetId });
  expect(await elsewhere.evaluation(id)).toBeNull();
  const seen = await elsewhere.ask(
    'query ($id: ID!) { evaluationDataset(id: $id) { id } evaluations { nodes { id } } evaluationDatasets { nodes { id } } }',
    { id: datasetId },
  );
  expect(seen).toEqual({ evaluationDataset: null, evaluations: { nodes: [] }, evaluationDatasets: { nodes: [] } });
  expect(await elsewhere.answer('cancelEvaluation', { evaluationId: id }, '{ evaluation { id } }')).toMatchObject({
    code: 'EVALUATION_NOT_FOUND',
  });
});
