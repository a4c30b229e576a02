import { describe, expect, it } from 'vitest';
import type { ContextRef } from '../../../src/learning/context.ts';
import { decidePosterior, decidingContexts } from '../../../src/learning/decide-posterior.ts';
import { evidenceOf } from '../../../src/learning/evidence.ts';
import { defaultLearningConfig, type LearningConfig } from '../../../src/learning/learning-config.ts';
import type { ContextTotals } from '../../../src/learning/posterior-store.ts';
import { meanWeights } from '../../../src/learning/weight-posterior.ts';
import { hitsOf, rewarded } from './executed-hits.ts';

const uris = ['a', 'b'];
const now = Date.UTC(2026, 10, 23, 9);
const MINUTE_MS = 60_000;
const values = { user_id: 'ann', segment: 'students', session_id: 's1' };

const stageOf = (change: Partial<LearningConfig>) => ({
  learningConfig: { ...defaultLearningConfig, ...change },
  searches: uris.toReversed().map((featureUri) => ({ featureUri })),
});

/** A context whose lists had the rewarded document first by the feature named. */
function totalsOf(interactions: number, liked: 'a' | 'b', changedAt = now): ContextTotals {
  const hits = hitsOf(uris, [
    [1, 0],
    [0, 1],
  ]);
  const { basis, sums } = evidenceOf(hits, rewarded(...(liked === 'a' ? [1, 0] : [0, 1])), uris);
  return {
    ...{ interactions, changedAt },
    arms: new Map(uris.map((uri) => [uri, { rewards: uri === liked ? interactions : 0, failures: 0 }])),
    evidence: [{ basis, sums: sums.map((sum) => interactions * sum) }],
  };
}

/** Totals of the person, the segment, everyone, and the session where it counts. */
const decide = (change: Partial<LearningConfig>, totals: readonly (ContextTotals | null)[], at = now) =>
  decidePosterior(stageOf(change), decidingContexts(stageOf(change), values), totals, at);

/** [alpha, beta] of what draws are made from. */
function drawnFrom(...decision: Parameters<typeof decide>): number[][] {
  const [change, ...rest] = decision;
  const { weights } = decide({ ...change, algorithm: 'THOMPSON_SAMPLING' }, ...rest);
  return 'arms' in weights ? weights.arms.map(({ alpha, beta }) => [alpha, beta]) : [];
}

describe('decidingContexts', () => {
  const levels = (contexts: readonly ContextRef[]) => contexts.map(({ level }) => level);
  const sessionAdaptation = { strength: 1, halfLifeMinutes: 30 };

  it('go from the person to everyone, and then the session where it counts', () => {
    expect(levels(decidingContexts(stageOf({}), values))).toEqual(['PERSONAL', 'DEMOGRAPHIC', 'GLOBAL']);
    const adapting = stageOf({ sessionAdaptation });
    expect(levels(decidingContexts(adapting, values))).toEqual(['PERSONAL', 'DEMOGRAPHIC', 'GLOBAL', 'SESSION']);
    expect(levels(decidingContexts(adapting, { user_id: 'ann' }))).toEqual(['PERSONAL', 'GLOBAL']);
    const global = stageOf({ sessionAdaptation, fallbackStrategy: 'GLOBAL' });
    expect(levels(decidingContexts(global, values))).toEqual(['GLOBAL', 'SESSION']);
  });
});

describe('decidePosterior', () => {
  it('tells of the context that decides, and nothing that it borrowed', () => {
    const decided = decide({}, [totalsOf(6, 'a', now - 5), totalsOf(50, 'b'), totalsOf(900, 'b')]);
    expect(decided).toMatchObject({ level: 'PERSONAL', interactions: 6, changedAt: now - 5 });
    expect(decided.arms).toEqual([
      { featureUri: 'a', alpha: 7, beta: 1 },
      { featureUri: 'b', alpha: 1, beta: 1 },
    ]);
    expect(decided.weights.featureUris).toEqual(uris);
  });

  it('borrows so many interactions of the next wider context that knows anything', () => {
    const person = totalsOf(6, 'a');
    expect(drawnFrom({ pooling: 10 }, [person, totalsOf(50, 'b'), totalsOf(900, 'a')])).toEqual([
      [7, 1],
      [11, 1],
    ]);
    // Of everyone's a tenth as many: one of these four.
    expect(drawnFrom({ pooling: 10 }, [person, null, totalsOf(4, 'b')])).toEqual([
      [7, 1],
      [2, 1],
    ]);
    expect(drawnFrom({ pooling: 10 }, [null, null, totalsOf(4, 'b')])).toEqual([
      [1, 1],
      [5, 1],
    ]);
  });

  it('draws the weights together to those of the wider context, the more the more is borrowed', () => {
    const totals = [totalsOf(6, 'a'), null, totalsOf(500, 'b')];
    const weights = [0, 2, 10, 50, 500].map((pooling) => meanWeights(decide({ pooling }, totals).weights)[0]!);
    expect(weights).toEqual(weights.toSorted((one, other) => other - one));
    expect(weights[0]).toBeGreaterThan(0.5);
    expect(weights.at(-1)).toBeLessThan(0.5);
  });

  it('is a hard switch by a pooling of 0: what others do changes nothing', () => {
    const person = totalsOf(6, 'a');
    const alone = decide({ pooling: 0 }, [person, null, null]);
    expect(decide({ pooling: 0 }, [person, totalsOf(50, 'b'), totalsOf(900, 'b')])).toEqual(alone);
  });

  it('is the prior where nobody knows anything', () => {
    const decided = decide({}, [null, null, null]);
    expect(decided).toMatchObject({ level: 'PRIOR', interactions: 0, changedAt: null });
    expect(decided.hasLearned).toBe(false);
    expect(meanWeights(decided.weights)).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
  });

  describe('with a warm start', () => {
    const warmStart = (liked: 'a' | 'b', strength: number) => {
      const { arms, evidence, interactions } = totalsOf(40, liked);
      const earned = [...arms].map(([uri, { rewards, failures }]) => [uri, [rewards, failures] as const]);
      const lesson = { queries: 20, interactions, arms: Object.fromEntries(earned), sums: evidence[0]!.sums };
      return { evaluationId: 'e', strength, lesson };
    };

    it('begins with what judges said, before anybody clicked', () => {
      const decided = decide({ warmStart: warmStart('b', 40) }, [null, null, null]);
      expect(decided).toMatchObject({ level: 'PRIOR', hasLearned: true, interactions: 0 });
      expect(decided.arms.map(({ alpha, beta }) => [alpha, beta])).toEqual([
        [1, 1],
        [41, 1],
      ]);
      expect(meanWeights(decided.weights)[1]).toBeGreaterThan(0.6);
    });

    it('counts as so many interactions, and at most as those there are', () => {
      const alphaOf = (strength: number) =>
        decide({ warmStart: warmStart('b', strength) }, [null, null, null]).arms[1]!.alpha;
      expect([10, 40, 4000].map(alphaOf)).toEqual([11, 41, 41]);
    });

    it('tells a person or a segment a tenth of it', () => {
      const change = { pooling: 0, warmStart: warmStart('b', 10) };
      expect(drawnFrom(change, [totalsOf(6, 'a'), null, null])).toEqual([
        [7, 1],
        [2, 1],
      ]);
    });

    it('gives way to what people do', () => {
      const change = { pooling: 0, warmStart: warmStart('b', 20) };
      const meanAfter = (clicks: number) =>
        meanWeights(decide(change, [null, null, totalsOf(clicks, 'a')]).weights)[0]!;
      expect(meanAfter(1)).toBeLessThan(0.5);
      expect(meanAfter(400)).toBeGreaterThan(0.5);
    });

    it('is nothing until it was looked up', () => {
      const unknown = { ...warmStart('b', 40), lesson: null };
      expect(decide({ warmStart: unknown }, [null, null, null])).toEqual(decide({}, [null, null, null]));
    });
  });

  it('takes a personal context below minInteractions for nothing', () => {
    const few = decide({ minInteractions: 7 }, [totalsOf(6, 'a'), null, totalsOf(30, 'b')]);
    expect(few).toMatchObject({ level: 'GLOBAL', interactions: 30 });
  });

  it('adds the session so many times while it is fresh, and half of that after each half-life', () => {
    const change = { pooling: 0, sessionAdaptation: { strength: 4, halfLifeMinutes: 30 } };
    const totals = [null, null, totalsOf(8, 'b'), totalsOf(2, 'a', now)];
    const alphaAfter = (minutes: number) => drawnFrom(change, totals, now + minutes * MINUTE_MS)[0]![0];
    expect([0, 30, 60, 90].map(alphaAfter)).toEqual([9, 5, 3, 2]);
    expect(alphaAfter(60 * 24 * 7)).toBeCloseTo(1, 12);
    // A clock that is behind the store's makes it no fresher than fresh.
    expect(alphaAfter(-60)).toBe(9);
    const { level, interactions } = decide(change, totals);
    expect({ level, interactions }).toEqual({ level: 'GLOBAL', interactions: 8 });
  });

  it('lets the session move the weights at once', () => {
    const totals = [null, null, totalsOf(8, 'b'), totalsOf(3, 'a')];
    const meanBy = (strength: number) =>
      meanWeights(decide({ sessionAdaptation: { strength, halfLifeMinutes: 30 } }, totals).weights)[0]!;
    expect(meanBy(0)).toBeLessThan(0.5);
    expect(meanBy(20)).toBeGreaterThan(0.5);
  });
});
