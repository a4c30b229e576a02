import { describe, expect, test } from 'vitest';
import type { FeedbackLog, LoggedExecution } from '../../../src/evaluations/feedback-log.ts';
import {
  effectiveSampleSize,
  estimateOffPolicy,
  type LoggedPosition,
} from '../../../src/evaluations/off-policy-estimators.ts';
import { estimateFromLog, type OffPolicyInput } from '../../../src/evaluations/off-policy.ts';
import { positionShares, rerank, topByWeight } from '../../../src/evaluations/rerank-hits.ts';
import { drawWeights } from '../../../src/learning/weight-posterior.ts';
import type { FeatureSearchStage, Retriever, Stage } from '../../../src/retrievers/retriever.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { executionOf, startOfTest } from '../../fixtures/interaction.ts';
import { learnedPosteriors } from '../../fixtures/learned-posteriors.ts';
import { retriever as shop, uuid } from '../../schema/hand-made-app.ts';

const at = (
  reward: number,
  loggedProbability: number,
  candidateProbability: number,
  predicted = 0,
  expected = 0,
): LoggedPosition => ({ reward, loggedProbability, candidateProbability, predicted, expected });
const estimate = (searches: LoggedPosition[][]) => estimateOffPolicy(searches, seededRng('seed'));

/** Worked by hand from the definitions of the Open Bandit Pipeline. */
describe('the estimators', () => {
  // importance weights 2, 0.5, 1, 0
  const one = [
    [at(1, 0.2, 0.4, 0.5, 0.6)],
    [at(0, 0.8, 0.4, 0.25, 0.3)],
    [at(1, 0.5, 0.5, 1, 0.9)],
    [at(1, 0.4, 0, 0.5, 0.2)],
  ];

  test('at one position are IPW, SNIPW and DR', () => {
    const { ips, snips, dr } = estimate(one);
    expect(ips.value).toBeCloseTo((2 * 1 + 0.5 * 0 + 1 * 1 + 0) / 4, 12);
    expect(snips.value).toBeCloseTo((2 * 1 + 1 * 1) / (2 + 0.5 + 1 + 0), 12);
    // 0.6 + 2 · 0.5, 0.3 − 0.5 · 0.25, 0.9 + 1 · 0, 0.2 + 0
    expect(dr.value).toBeCloseTo((1.6 + 0.175 + 0.9 + 0.2) / 4, 12);
  });

  test('at several positions sum them, as SlateIndependentIPS does', () => {
    const slates = [
      [at(1, 0.5, 0.25), at(0, 0.5, 1)],
      [at(0, 0.25, 0.5), at(1, 0.5, 0.25)],
    ];
    const { ips, snips } = estimate(slates);
    expect(ips.value).toBeCloseTo((1 * 0.5 + 1 * 0.5) / 2, 12);
    expect(snips.value).toBeCloseTo(0.5 / 2.5 + 0.5 / 2.5, 12);
  });

  test('of the logging policy itself are its mean reward', () => {
    const own = [0, 1, 1, 0, 1].map((reward) => [at(reward, 0.3, 0.3, 0.6, 0.6)]);
    const { ips, snips, dr } = estimate(own);
    for (const { value } of [ips, snips, dr]) expect(value).toBeCloseTo(0.6, 12);
  });

  test('the doubly robust one is right with a right model, whatever the weights', () => {
    const { dr } = estimate([[at(1, 0.01, 0.9, 1, 0.7)], [at(0, 0.9, 0.01, 0, 0.3)]]);
    expect(dr.value).toBeCloseTo(0.5, 12);
  });

  test('the effective sample size is Kish’s, at the worst position', () => {
    expect(effectiveSampleSize(one)).toBeCloseTo(3.5 ** 2 / (4 + 0.25 + 1), 12);
    const second = [at(0, 0.5, 0.5), at(0, 0.1, 1)];
    expect(effectiveSampleSize([second, second, [at(0, 1, 1), at(0, 1, 0)]])).toBeCloseTo(2, 12);
    expect(effectiveSampleSize([[at(1, 0.5, 0)]])).toBe(0);
  });
});

const [text, image] = ['test://text@v1/a', 'test://image@v1/b'];

const hit = (documentId: string, scores: [text: number, image: number]): ExecutedHit => ({
  documentId,
  score: 0,
  features: [text, image].map((featureUri, index) => ({
    ...{ featureUri, rank: scores[index]! > 0 ? 1 : null, score: scores[index]!, weight: 0, contribution: 0 },
    normalizedScore: scores[index]!,
  })),
});

test('the order of recorded hits is that of the fusion', () => {
  const hits = [hit('a', [1, 0]), hit('b', [0.4, 0.9]), hit('c', [0, 1])];
  const weights = (one: number, other: number) => [
    { featureUri: image, weight: other },
    { featureUri: text, weight: one },
  ];
  expect(rerank('WEIGHTED', hits, weights(1, 0))).toEqual(['a', 'b', 'c']);
  expect(rerank('WEIGHTED', hits, weights(0.5, 0.5))).toEqual(['b', 'a', 'c']);
  expect(rerank('MAX', hits, weights(0.5, 0.5))).toEqual(['a', 'c', 'b']);
  expect(rerank('RRF', hits, weights(1, 1))).toEqual(['b', 'a', 'c']);
  for (const [one, other] of [
    [1, 0],
    [0.5, 0.5],
    [0.2, 0.8],
    [0, 1],
  ] as const) {
    expect(topByWeight(hits, 2)(weights(one, other))).toEqual(
      rerank('WEIGHTED', hits, weights(one, other)).slice(0, 2),
    );
  }
});

test('shares of positions are counted over rankings', () => {
  expect(positionShares([['a', 'b'], ['b', 'a'], ['a']], 2).map((at) => Object.fromEntries(at))).toEqual([
    { a: 2 / 3, b: 1 / 3 },
    { b: 1 / 3, a: 1 / 3 },
  ]);
});

function retrieverWith(id: number, change: Partial<FeatureSearchStage>, later: Stage[] = []): Retriever {
  const searches = [text, image].map((featureUri) => ({ ...shop.stages[0].searches[0]!, featureUri }));
  return { ...shop, id: uuid(id), stages: [{ ...shop.stages[0], searches, ...change }, ...later] };
}

/**
 * Searches of four documents, ranked by weights drawn from even posteriors. People like what `image` puts first: it
 * stands at position 0 in about half of them.
 */
function simulatedLog(searches: number): LoggedExecution[] {
  return Array.from({ length: searches }, (_, index) => {
    const rng = seededRng(`log ${index}`);
    const posterior = learnedPosteriors({ [text]: [2, 2], [image]: [2, 2] }).weights;
    const drawn = drawWeights(posterior, rng);
    const weights = posterior.featureUris.map((featureUri, at) => {
      return { featureUri, weight: drawn[at]!, alpha: 2, beta: 2 };
    });
    const hits = [hit('plain', [1, 0.01]), hit('liked', [0.01, 1]), hit('c', [0.005, 0.005]), hit('d', [0.002, 0.002])];
    const order = rerank('WEIGHTED', hits, weights);
    const shown = order.map((id) => hits.find(({ documentId }) => documentId === id)!);
    const liked = shown[0]?.documentId === 'liked' && rng.next() < 0.6;
    return {
      execution: executionOf([], {
        ...{
          fusion: 'LEARNED',
          contextLevel: 'GLOBAL',
          hits: shown,
          weights,
          posterior,
          executedAt: startOfTest + index,
        },
      }),
      signals: liked ? [{ documentId: 'liked', type: 'PURCHASE' as const, durationMs: null }] : [],
    };
  });
}

describe('an estimate from the log', () => {
  const logging = retrieverWith(1, {});
  const good = retrieverWith(2, {
    fusion: 'WEIGHTED',
    searches: logging.stages[0].searches.map((search) => ({ ...search, weight: search.featureUri === image ? 9 : 1 })),
  });
  const bad = retrieverWith(3, {
    fusion: 'WEIGHTED',
    searches: logging.stages[0].searches.map((search) => ({ ...search, weight: search.featureUri === text ? 9 : 1 })),
  });
  const log = simulatedLog(600);

  const estimateWith = (candidate: Retriever, change: Partial<OffPolicyInput> = {}, logged = log) => {
    const feedback: FeedbackLog = { searches: async () => [], learnedExecutions: async () => logged };
    const posteriors = async () => {
      throw new Error('nothing is learned here');
    };
    return estimateFromLog(
      {
        retrievers: { get: async (_ns, ids) => [logging, good, bad, candidate].filter(({ id }) => ids.includes(id)) },
        ...{ log: feedback, posteriors: { posteriors }, clock: { now: () => startOfTest } },
      },
      'ns',
      { ...{ retrieverId: logging.id, candidateId: candidate.id, k: 1, days: 30, searches: 1_000 }, ...change },
    );
  };

  test('finds what a candidate would have earned, whichever it is', async () => {
    const [better, worse] = [await estimateWith(good), await estimateWith(bad)];
    expect(better.usedSearches).toBe(600);
    expect(better.loggedValue).toBeGreaterThan(0.2);
    expect(better.loggedValue).toBeLessThan(0.4);
    // The truth is 0.6 of the largest reward, and nothing.
    for (const { value, low, high } of Object.values(better.estimates!)) {
      expect(value).toBeGreaterThan(0.52);
      expect(value).toBeLessThan(0.68);
      expect(low).toBeLessThan(0.6);
      expect(high).toBeGreaterThan(0.6);
    }
    expect(Math.abs(worse.estimates!.dr.value)).toBeLessThan(0.05);
    expect(better.summary).toMatch(/^The candidate would have earned 0\.\d{3} a search/);
  });

  test('is the same every time', async () => {
    expect(await estimateWith(good)).toEqual(await estimateWith(good));
  });

  test('is refused where the log is worth too few searches', async () => {
    const few = await estimateWith(good, {}, simulatedLog(60));
    expect(few.estimates).toBeNull();
    expect(few.effectiveSampleSize).toBeLessThan(50);
    expect(few.summary).toMatch(/^No estimate: 60 of 60 logged searches can be used/);
  });

  test('leaves out searches that were not shown in the order of their weights, or showed too little', async () => {
    const mixed = log.map(({ execution, signals }, index) => ({
      execution: index < 100 ? { ...execution, hits: execution.hits.toReversed() } : execution,
      signals,
    }));
    expect((await estimateWith(good, {}, mixed)).usedSearches).toBe(500);
    expect((await estimateWith(good, { k: 3 })).usedSearches).toBe(0);
  });

  test.each<[string, Retriever, Partial<OffPolicyInput>, string, string[]]>([
    ['a k of 0', good, { k: 0 }, 'INVALID_K', ['k']],
    ['too few searches', good, { searches: 10 }, 'INVALID_SEARCHES', ['searches']],
    ['no days', good, { days: 0 }, 'INVALID_DAYS', ['days']],
    ['an unknown candidate', good, { candidateId: uuid(9) }, 'RETRIEVER_NOT_FOUND', ['candidateId']],
    ['fusion by DBSF', retrieverWith(4, { fusion: 'DBSF' }), {}, 'NOT_REPLAYABLE', ['candidateId']],
    [
      'an order by an attribute',
      retrieverWith(5, {}, [{ kind: 'sortAttribute', field: 'price', direction: 'ASC' }]),
      {},
      'NOT_REPLAYABLE',
      ['candidateId'],
    ],
    [
      'a feature that was not searched',
      retrieverWith(6, { searches: [{ ...shop.stages[0].searches[0]!, featureUri: 'test://new@v1/c' }] }),
      {},
      'DIFFERENT_FEATURES',
      ['candidateId'],
    ],
  ])('is refused for %s', async (_what, candidate, input, code, path) => {
    await expect(estimateWith(candidate, input)).rejects.toMatchObject({ code, path });
  });
});
