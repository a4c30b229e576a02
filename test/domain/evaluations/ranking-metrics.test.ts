import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meanMetrics, metricNames, rankingMetrics } from '../../../src/evaluations/ranking-metrics.ts';

const grades = (entries: Record<string, number>) => new Map(Object.entries(entries));
const at = (ranking: readonly string[], judgments: Record<string, number>, k: number) =>
  rankingMetrics(ranking, grades(judgments), [k])[0]!;
const log2 = Math.log2;

/** Worked by hand from trec_eval's definitions. */
describe('the metrics of a ranking', () => {
  const ranking = ['a', 'b', 'c', 'd', 'e'];
  const judgments = { a: 1, c: 3, e: 2, x: 1, d: 0 };

  test('are those of trec_eval at a cut-off within the list', () => {
    const three = at(ranking, judgments, 3);
    expect(three.precision).toBeCloseTo(2 / 3, 12);
    expect(three.recall).toBeCloseTo(2 / 4, 12);
    expect(three.f1).toBeCloseTo((2 * (2 / 3) * (1 / 2)) / (2 / 3 + 1 / 2), 12);
    expect(three.map).toBeCloseTo((1 / 1 + 2 / 3) / 4, 12);
    expect(three.ndcg).toBeCloseTo((1 + 3 / log2(4)) / (3 + 2 / log2(3) + 1 / log2(4)), 12);
    expect(three.mrr).toBe(1);
    expect(three.judged).toBeCloseTo(2 / 3, 12);
  });

  test('divide precision by k where the list is shorter, and keep the rest', () => {
    const twenty = at(ranking, judgments, 20);
    expect(twenty.precision).toBeCloseTo(3 / 20, 12);
    expect(twenty.recall).toBeCloseTo(3 / 4, 12);
    expect(twenty.map).toBeCloseTo((1 / 1 + 2 / 3 + 3 / 5) / 4, 12);
    const ideal = 3 + 2 / log2(3) + 1 / log2(4) + 1 / log2(5);
    expect(twenty.ndcg).toBeCloseTo((1 + 3 / log2(4) + 2 / log2(6)) / ideal, 12);
    expect(twenty.judged).toBeCloseTo(4 / 5, 12);
  });

  test('divide average precision by all relevant documents, though k be fewer', () => {
    expect(at(['a', 'b'], { a: 1, b: 1, c: 1, d: 1 }, 2).map).toBeCloseTo(2 / 4, 12);
  });

  test('take the grade as the gain, not two to its power', () => {
    expect(at(['low', 'high'], { low: 1, high: 3 }, 2).ndcg).toBeCloseTo((1 + 3 / log2(3)) / (3 + 1 / log2(3)), 12);
  });

  test('take a document that was not judged for one that is not relevant', () => {
    const sparse = at(['?', 'a', '??'], { a: 2 }, 3);
    expect(sparse).toMatchObject({ precision: 1 / 3, recall: 1, mrr: 1 / 2, map: 1 / 2, judged: 1 / 3 });
    expect(sparse.ndcg).toBeCloseTo(1 / log2(3), 12);
  });

  test('are all 0 without a relevant document, judged or not', () => {
    const nothing = { k: 2, precision: 0, recall: 0, f1: 0, map: 0, ndcg: 0, mrr: 0 };
    expect(at(['a', 'b'], { a: 0, b: 0 }, 2)).toEqual({ ...nothing, judged: 1 });
    expect(at(['a', 'b'], {}, 2)).toEqual({ ...nothing, judged: 0 });
  });

  test('are all 0 where nothing was found', () => {
    expect(at([], { a: 1 }, 5)).toEqual({ k: 5, precision: 0, recall: 0, f1: 0, map: 0, ndcg: 0, mrr: 0, judged: 0 });
  });

  test('do not see a relevant document behind the cut-off', () => {
    expect(at(['x', 'y', 'a'], { a: 1 }, 2)).toMatchObject({ precision: 0, recall: 0, map: 0, ndcg: 0, mrr: 0 });
  });

  test('do not care in which order documents of the same grade stand', () => {
    const tied = { a: 2, b: 2, c: 1, d: 0 };
    expect(at(['a', 'b', 'c'], tied, 3)).toEqual(at(['b', 'a', 'c'], tied, 3));
    expect(at(['a', 'b', 'c'], tied, 3)).toMatchObject({ ndcg: 1, map: 1 });
  });

  test('at several k are those of each alone', () => {
    const kValues = [1, 3, 20];
    expect(rankingMetrics(ranking, grades(judgments), kValues)).toEqual(kValues.map((k) => at(ranking, judgments, k)));
  });
});

const arbitraryCase = fc.record({
  ranking: fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 }),
  judged: fc.dictionary(fc.constantFrom(...'abcdefghij'), fc.nat(3)),
  k: fc.integer({ min: 1, max: 15 }),
});

test('lie between 0 and 1, and the ideal ranking has an nDCG of 1', () => {
  fc.assert(
    fc.property(arbitraryCase, ({ ranking, judged, k }) => {
      const metrics = at(ranking, judged, k);
      for (const name of metricNames) {
        expect(metrics[name]).toBeGreaterThanOrEqual(0);
        expect(metrics[name]).toBeLessThanOrEqual(1 + 1e-12);
      }
      const ideal = Object.keys(judged).sort((a, b) => judged[b]! - judged[a]!);
      if (judged[ideal[0] ?? '']) expect(at(ideal, judged, k).ndcg).toBeCloseTo(1, 12);
    }),
  );
});

test('rise, or stay, when a relevant document changes places with a worse one above it', () => {
  fc.assert(
    fc.property(arbitraryCase, ({ ranking, judged, k }) => {
      const worse = ranking.findIndex((id, place) => (judged[id] ?? 0) < (judged[ranking[place + 1] ?? ''] ?? 0));
      fc.pre(worse >= 0);
      const better = [...ranking];
      [better[worse], better[worse + 1]] = [ranking[worse + 1]!, ranking[worse]!];
      const [before, after] = [at(ranking, judged, k), at(better, judged, k)];
      for (const name of ['precision', 'recall', 'f1', 'map', 'ndcg', 'mrr'] as const) {
        expect(after[name]).toBeGreaterThanOrEqual(before[name] - 1e-12);
      }
    }),
  );
});

test('the mean counts a query without a relevant document as 0', () => {
  const queries = [
    rankingMetrics(['a', 'b'], grades({ a: 1 }), [1, 2]),
    rankingMetrics(['a', 'b'], grades({ a: 0 }), [1, 2]),
  ];
  expect(meanMetrics(queries)).toMatchObject([
    { k: 1, precision: 0.5, recall: 0.5, map: 0.5, ndcg: 0.5, mrr: 0.5, judged: 1 },
    { k: 2, precision: 0.25, recall: 0.5, map: 0.5, ndcg: 0.5, mrr: 0.5, judged: 0.5 },
  ]);
  expect(meanMetrics([])).toEqual([]);
});
