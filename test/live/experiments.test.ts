import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
let collectionId: string;
/** Learns; and has been shopped at: two interactions a query. */
let learned: string;
let fixed: string;
/** Trusts the honest feature. */
let honest: string;

beforeAll(async () => {
  attune = await startAttune();
  shop = evaluationShop(attune);
  collectionId = await shop.createCollection();
  learned = await shop.createRetriever(collectionId);
  fixed = await shop.createRetriever(collectionId, 'RRF');
  honest = await shop.createRetriever(collectionId, 'WEIGHTED', { [shopFeatures.honest]: 20 });
  for (const [index, sought] of shopQueries.entries()) {
    expect(await shop.shop(learned, sought, { sessionId: `session ${index % 11}`, userId: `user ${index}` })).toBe(
      true,
    );
  }
  await eventually(async () => expect(await shop.interactionsLearned(learned)).toBe(2 * shopQueries.length));
  // datasets and estimates read the log
  await attune.attune.drain();
});
afterAll(() => attune.close());

describe('a dataset from interactions', () => {
  const generate = (input: object) =>
    shop.answer<{ dataset: { id: string } }>(
      'generateEvaluationDataset',
      { retrieverId: learned, ...input },
      '{ dataset { id version source queryCount heldOutFrom queries(first: 40) { nodes { inputs judgments heldOut } } } }',
      'EvaluationDataset',
    );

  test('judges the queries with enough interactions, and ranks what was bought first', async () => {
    const { dataset } = await generate({ minInteractions: 2, name: 'from clicks' });
    expect(dataset).toMatchObject({ version: 1, source: 'INTERACTIONS', queryCount: shopQueries.length });
    const { nodes } = (
      dataset as unknown as { queries: { nodes: { inputs: object; judgments: object; heldOut: boolean }[] } }
    ).queries;
    for (const { query, documentId } of shopQueries) {
      expect(nodes.find(({ inputs }) => (inputs as { query: string }).query === query)?.judgments).toMatchObject({
        [documentId]: 3,
      });
    }
    const heldOut = nodes.filter((node) => node.heldOut).length;
    expect(heldOut).toBe(10);
    const id = await shop.runEvaluation({ retrieverId: honest, datasetId: dataset.id, heldOutOnly: true });
    const { progress, metrics } = await shop.finished(id);
    expect(progress.total).toBe(heldOut);
    expect(metrics?.[0]).toMatchObject({ k: 1, mrr: 1 });
  });

  test.each([
    [{ minInteractions: 5 }, 'NOT_ENOUGH_INTERACTIONS', 'minInteractions'],
    [{ minInteractions: 0 }, 'INVALID_MIN_INTERACTIONS', 'minInteractions'],
    [{ heldOutShare: 1 }, 'INVALID_SHARE', 'heldOutShare'],
    [{ days: 0 }, 'INVALID_DAYS', 'days'],
    [{ retrieverId: 'x' }, 'RETRIEVER_NOT_FOUND', 'retrieverId'],
  ])('is refused for %o', async (input, code, field) => {
    expect(await generate(input)).toMatchObject({ code, path: ['input', field] });
  });
});

describe('a benchmark', () => {
  const FIELDS = `{ benchmark {
    id sessionCount done dataset { source queryCount } baseline { id status metrics { k mrr } }
    candidates { evaluation { id metrics { k mrr } } comparison { verdict observations wins losses summary } }
  } }`;
  const run = (input: object) =>
    shop.answer<{ benchmark: { id: string } }>(
      'runBenchmark',
      { baseline: { retrieverId: learned, fusion: 'RRF' }, candidates: [{ retrieverId: honest }], ...input },
      FIELDS,
    );

  test('replays past sessions and compares the candidates session by session', async () => {
    const { benchmark } = await run({ candidates: [{ retrieverId: honest }, { retrieverId: fixed }] });
    expect(benchmark).toMatchObject({ sessionCount: 11, dataset: { source: 'SESSIONS', queryCount: 33 } });
    const done = await eventually(async () => {
      const answer = await shop.ask<{ benchmark: { done: boolean; candidates: object[] } }>(
        `query ($id: ID!) ${FIELDS.replace('benchmark {', 'benchmark(id: $id) {')}`,
        { id: benchmark.id },
      );
      expect(answer.benchmark.done).toBe(true);
      return answer.benchmark;
    });
    expect(done.candidates).toMatchObject([
      { comparison: { verdict: 'BETTER', observations: 11, wins: 33, losses: 0 } },
      { comparison: { verdict: 'NO_DIFFERENCE_SHOWN', observations: 11, wins: 0, losses: 0 } },
    ]);
    const { benchmarks } = await shop.ask<{ benchmarks: { nodes: object[] } }>('{ benchmarks { nodes { id } } }');
    expect(benchmarks.nodes).toEqual([{ id: benchmark.id }]);
  });

  test.each([
    [{ candidates: [] }, 'INVALID_CANDIDATES', ['input', 'candidates']],
    [{ sessions: 0 }, 'INVALID_SESSIONS', ['input', 'sessions']],
    [{ kValues: [10_000] }, 'INVALID_K_VALUES', ['input', 'kValues', '0']],
    [{ candidates: [{ retrieverId: 'x' }] }, 'RETRIEVER_NOT_FOUND', ['input', 'candidates', '0', 'retrieverId']],
  ])('is refused for %o', async (input, code, path) => {
    expect(await run(input)).toMatchObject({ code, path });
  });

  test('is refused where nobody searched', async () => {
    expect(await run({ baseline: { retrieverId: fixed } })).toMatchObject({ code: 'NO_SESSION' });
  });
});

describe('interleaving', () => {
  const FIELDS =
    '{ interleaving { id status searches wins losses ties share low high pValue verdict summary endedAt } }';
  const start = (input: object) =>
    shop.answer<{ interleaving: { id: string } }>(
      'startInterleaving',
      { baselineId: fixed, candidateId: honest, ...input },
      FIELDS,
    );
  const report = async (id: string) => {
    const query = `query ($id: ID!) ${FIELDS.replace('interleaving {', 'interleaving(id: $id) {')}`;
    return (await shop.ask<{ interleaving: { status: string; wins: number; searches: number } }>(query, { id }))
      .interleaving;
  };

  test('mixes live searches until the winner is clear, and then stops by itself', async () => {
    const plain = await shop.search(fixed, shopQueries[0]!.query);
    expect(plain.hits[0]?.documentId).not.toBe('z-red-lamp');
    const { interleaving } = await start({});
    expect(interleaving).toMatchObject({ status: 'RUNNING', searches: 0, verdict: 'NO_DIFFERENCE_SHOWN' });
    expect(await start({})).toMatchObject({ code: 'INTERLEAVING_RUNNING', path: ['input', 'baselineId'] });
    const mixed = (await shop.search(fixed, shopQueries[0]!.query)).hits.slice(0, 2);
    expect(mixed.map(({ documentId }) => documentId)).toContain('z-red-lamp');
    for (const sought of shopQueries.slice(0, 12)) await shop.shop(fixed, sought);
    await eventually(async () => expect((await report(interleaving.id)).status).toBe('DECIDED'));
    const decided = await report(interleaving.id);
    expect(decided).toMatchObject({ verdict: 'BETTER', losses: 0 });
    expect(decided.wins).toBeGreaterThanOrEqual(8);
    expect(decided).toMatchObject({ summary: expect.stringMatching(/^The candidate is better: it won/) as string });
    await shop.search(fixed, shopQueries[0]!.query);
    expect((await report(interleaving.id)).searches).toBe(decided.searches);
  });

  test('mixes the searches of whoever writes the id in capitals too', async () => {
    const { interleaving } = await start({ baselineId: fixed.toUpperCase() });
    const { hits } = await shop.search(fixed.toUpperCase(), shopQueries[0]!.query);
    expect(hits.slice(0, 2).map(({ documentId }) => documentId)).toContain('z-red-lamp');
    expect(await report(interleaving.id.toUpperCase())).toMatchObject({ searches: 1 });
    const stopped = await shop.answer('stopInterleaving', { interleavingId: interleaving.id.toUpperCase() }, FIELDS);
    expect(stopped).toMatchObject({ interleaving: { id: interleaving.id, status: 'STOPPED' } });
  });

  test('can be stopped, and shows nothing before anything was liked', async () => {
    const { interleaving } = await start({ trafficPct: 50 });
    await shop.search(fixed, shopQueries[0]!.query);
    const stop = () => shop.answer('stopInterleaving', { interleavingId: interleaving.id }, FIELDS);
    expect(await stop()).toMatchObject({ interleaving: { status: 'STOPPED', summary: 'No search has a winner yet.' } });
    expect(await stop()).toMatchObject({ code: 'INTERLEAVING_OVER', path: ['input', 'interleavingId'] });
    const { hits } = await shop.search(fixed, shopQueries[0]!.query);
    expect(hits[0]?.documentId).not.toBe('z-red-lamp');
  });

  test.each([
    [{ trafficPct: 101 }, 'INVALID_TRAFFIC_PCT', 'trafficPct'],
    [{ trafficPct: 0 }, 'INVALID_TRAFFIC_PCT', 'trafficPct'],
    [{ alpha: 1 }, 'INVALID_ALPHA', 'alpha'],
    [{ candidateId: 'x' }, 'RETRIEVER_NOT_FOUND', 'candidateId'],
  ])('is refused for %o', async (input, code, field) => {
    expect(await start(input)).toMatchObject({ code, path: ['input', field] });
  });

  test('is refused between a retriever and itself', async () => {
    expect(await start({ candidateId: fixed })).toMatchObject({ code: 'SAME_RETRIEVER' });
  });

  test('a candidate that cannot be searched costs nobody their results', async () => {
    const broken = await shop.createRetriever(collectionId, 'RRF', {}, '{{INPUT.text}}');
    const { interleaving } = await start({ candidateId: broken });
    const { hits } = await shop.search(fixed, shopQueries[0]!.query);
    expect(hits.length).toBeGreaterThan(1);
    expect(await report(interleaving.id)).toMatchObject({ searches: 0 });
    await shop.mutate('stopInterleaving', { interleavingId: interleaving.id }, FIELDS);
  });
});

describe('an off-policy estimate', () => {
  const estimate = (variables: object) =>
    attune.ask<{
      offPolicyEstimate: { usedSearches: number; ips: { value: number }; dr: { low: number; high: number } };
    }>(
      `query ($retrieverId: ID!, $candidateId: ID!, $k: Int! = 1) {
        offPolicyEstimate(retrieverId: $retrieverId, candidateId: $candidateId, k: $k) {
          searches usedSearches effectiveSampleSize loggedValue ips { value } snips { value } dr { value low high } summary
        }
      }`,
      variables,
    );

  test('is refused where the log is too small, and given where it is not', async () => {
    const few = await estimate({ retrieverId: fixed, candidateId: honest });
    expect(few.data.offPolicyEstimate).toMatchObject({ searches: 0, ips: null, dr: null });
    expect(few.data.offPolicyEstimate).toMatchObject({ summary: expect.stringMatching(/^No estimate/) as string });

    for (const sought of [...shopQueries, ...shopQueries]) await shop.shop(learned, sought, { userId: 'someone else' });
    await attune.attune.drain();
    const enough = await eventually(async () => {
      const { data } = await estimate({ retrieverId: learned, candidateId: honest });
      expect(data.offPolicyEstimate.usedSearches).toBeGreaterThanOrEqual(60);
      expect(data.offPolicyEstimate.dr).not.toBeNull();
      return data.offPolicyEstimate;
    });
    // What is meant stands on top under the candidate, and is always bought.
    expect(enough.ips.value).toBeGreaterThan(0.8);
    expect(enough.dr.low).toBeLessThanOrEqual(1.1);
    expect(enough.dr.high).toBeGreaterThan(0.9);
  });

  test('names what is wrong with the input', async () => {
    const { errors } = await estimate({ retrieverId: learned, candidateId: 'x' });
    expect(errors).toMatchObject([{ extensions: { code: 'RETRIEVER_NOT_FOUND', inputPath: ['candidateId'] } }]);
  });
});
