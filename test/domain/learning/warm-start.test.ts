import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../src/learning/evidence.ts';
import { lessonOf, warmTotals } from '../../../src/learning/judged-evidence.ts';
import { sumLessons, type Lesson } from '../../../src/learning/warm-start.ts';
import { anyExecution, creditRules, hitsOf } from './executed-hits.ts';

const uris = ['a', 'b'];
const hits = hitsOf(uris, [
  [1, 0.2],
  [0.4, 1],
  [0, 0.5],
]);
const config = { credit: 'STRONGEST_FEATURE' } as const;
const grades = (...given: number[]) => new Map(given.map((grade, place) => [`document-${place}`, grade]));

describe('lessonOf', () => {
  it('gives a document its grade as a share of the best, and takes what nobody judged for not relevant', () => {
    const lesson = lessonOf(hits, grades(1, 4), config);
    expect(lesson).toMatchObject({ queries: 1, interactions: 2, arms: { a: [0.25, 0], b: [1, 1] } });
    const outcomes = [0.25, 1, 0].map((reward) => ({ reward, examined: 1 }));
    expect(lesson?.sums).toEqual(evidenceOf(hits, outcomes, uris).sums);
  });

  it('is none where nothing relevant was found, or there is nothing to be found', () => {
    expect(lessonOf(hits, grades(0, 0), config)).toBeNull();
    expect(lessonOf(hits, new Map([['elsewhere', 3]]), config)).toBeNull();
    expect(lessonOf(hits, new Map(), config)).toBeNull();
    expect(lessonOf([], grades(1), config)).toBeNull();
  });

  it('keeps rewards and failures within what was ranked, whatever the search found', () => {
    const anyGrades = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(anyExecution, anyGrades, fc.constantFrom(...creditRules), (execution, judged, credit) => {
        const lesson = lessonOf(execution.hits, new Map(Object.entries(judged)), { credit });
        if (lesson === null) return;
        const totals = Object.values(lesson.arms).flat();
        expect(totals.every((total) => total >= 0)).toBe(true);
        expect(totals.reduce((sum, total) => sum + total, 0)).toBeLessThanOrEqual(execution.hits.length + 1e-9);
        expect(lesson.sums.every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe('sumLessons', () => {
  const [one, other] = [lessonOf(hits, grades(1), config)!, lessonOf(hits, grades(0, 2, 1), config)!];

  it('adds up, in any order', () => {
    const sum = sumLessons([one, other])!;
    expect(sum).toMatchObject({ queries: 2, interactions: 3 });
    expect(sum.sums).toEqual(one.sums.map((value, index) => value + other.sums[index]!));
    expect(sumLessons([other, one])).toEqual(sum);
  });

  it('is none of none', () => expect(sumLessons([])).toBeNull());
});

describe('warmTotals', () => {
  it('are the lesson as a context knows it, and none before it was looked up', () => {
    const lesson: Lesson = lessonOf(hits, grades(1), config)!;
    const known = warmTotals({ evaluationId: 'e', strength: 5, lesson })!;
    expect(known.interactions).toBe(1);
    expect(known.arms.get('a')).toEqual({ rewards: 1, failures: 0 });
    expect(known.evidence).toEqual([
      evidenceOf(
        hits,
        [1, 0, 0].map((reward) => ({ reward, examined: 1 })),
        uris,
      ),
    ]);
    expect(warmTotals({ evaluationId: 'e', strength: 5, lesson: null })).toBeNull();
    expect(warmTotals(null)).toBeNull();
  });
});
