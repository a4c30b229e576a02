import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attribute } from '../../../src/learning/attribution.ts';
import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';
import { anyExecution, anySignals, creditRules, feature, signal } from './executed-hits.ts';

const config = defaultLearningConfig;

/** Four documents: a and b are best by 'dense', c and d by 'lexical' (which alone found d). */
const execution = {
  hits: [
    { documentId: 'a', score: 4, features: [feature('dense', 1, 1), feature('lexical', 3, 0.2)] },
    { documentId: 'b', score: 3, features: [feature('dense', 2, 0.8), feature('lexical', null)] },
    { documentId: 'c', score: 2, features: [feature('dense', 3, 0), feature('lexical', 1, 1)] },
    { documentId: 'd', score: 1, features: [feature('dense', null), feature('lexical', 2, 0.5)] },
  ],
};

function armsOf(...signals: Parameters<typeof attribute>[1]): Record<string, { rewards: number; failures: number }> {
  return Object.fromEntries(attribute(execution, signals, config).arms);
}

describe('attribute', () => {
  it('credits a click to the strongest feature, and counts what was passed over and the next one as failures', () => {
    // c is clicked: a, b (dense) and d (lexical) were seen and left.
    expect(armsOf(signal('c', 'CLICK'))).toEqual({
      dense: { rewards: 0, failures: 2 },
      lexical: { rewards: 1 / 3, failures: 1 },
    });
  });

  it('adds up the rewards of a document, in units of the largest', () => {
    const arms = armsOf(signal('a', 'CLICK'), signal('a', 'ADD_TO_CART'), signal('a', 'PURCHASE'));
    expect(arms['dense']!.rewards).toBeCloseTo(2, 12);
    expect(arms['dense']!.failures).toBe(1);
  });

  it('shares credit by the configured rule', () => {
    const { arms } = attribute(execution, [signal('a', 'PURCHASE')], { ...config, credit: 'RANK_SHARE' });
    expect(arms.get('dense')!.rewards).toBeCloseTo(0.75, 12);
    expect(arms.get('lexical')!.rewards).toBeCloseTo(0.25, 12);
  });

  it('counts a penalty on top of the failure of an unrewarded impression', () => {
    expect(armsOf(signal('a', 'SKIP'))['dense']).toEqual({ rewards: 0, failures: 1 + 1 / 3 + 1 });
  });

  it('counts the penalty alone where the document also earned a reward', () => {
    const arms = armsOf(signal('d', 'CLICK'), signal('d', 'NEGATIVE_FEEDBACK'));
    expect(arms['lexical']).toEqual({ rewards: 1 / 3, failures: 1 + 2 / 3 });
  });

  it('takes explicit views for what was seen', () => {
    expect(armsOf(signal('b', 'VIEW'), signal('c', 'VIEW'), signal('c', 'CLICK'))).toEqual({
      dense: { rewards: 0, failures: 1 },
      lexical: { rewards: 1 / 3, failures: 0 },
    });
  });

  it('spreads a signal about the list over what was seen, or over the top hit', () => {
    const refinement = 0.3 / 3;
    expect(armsOf(signal('', 'QUERY_REFINEMENT'))).toEqual({
      dense: { rewards: 0, failures: refinement },
      lexical: { rewards: 0, failures: 0 },
    });
    const arms = armsOf(signal('b', 'CLICK'), signal('', 'QUERY_REFINEMENT'));
    expect(arms['dense']!.failures).toBeCloseTo(1 + (2 / 3) * refinement, 12);
    expect(arms['lexical']!.failures).toBeCloseTo(1 + (1 / 3) * refinement, 12);
  });

  it('counts the distinct signals that say something', () => {
    const signals = [
      signal('a', 'CLICK'),
      signal('a', 'CLICK'),
      signal('a', 'VIEW'),
      signal('b', 'SKIP'),
      signal('b', 'DWELL_TIME'),
      signal('', 'QUERY_REFINEMENT'),
      signal('elsewhere', 'PURCHASE'),
    ];
    expect(attribute(execution, signals, config).interactions).toBe(3);
  });

  it('counts a repeated dwell time once, by its longest', () => {
    const dwell = [5000, 15_000, 10_000].map((ms) => signal('a', 'DWELL_TIME', ms));
    expect(armsOf(...dwell)['dense']!.rewards).toBeCloseTo(0.5 / 3, 12);
  });

  it('has totals of 0 for every feature of an execution without signals', () => {
    expect(attribute(execution, [], config)).toEqual({
      interactions: 0,
      arms: new Map([
        ['dense', { rewards: 0, failures: 0 }],
        ['lexical', { rewards: 0, failures: 0 }],
      ]),
      outcomes: Array(4).fill({ reward: 0, examined: 0 }),
    });
  });

  it('has nothing for an execution without hits', () => {
    const { arms } = attribute({ hits: [] }, [signal('', 'QUERY_REFINEMENT'), signal('', 'ZERO_RESULTS')], config);
    expect(arms.size).toBe(0);
  });

  it('tells of every document what it earned, penalties taken off, and whether it was looked at', () => {
    const { outcomes } = attribute(execution, [signal('b', 'PURCHASE'), signal('d', 'SKIP')], config);
    expect(outcomes).toEqual([
      { reward: 0, examined: 1 },
      { reward: 1, examined: 1 },
      { reward: 0, examined: 1 },
      { reward: -1 / 3, examined: 1 },
    ]);
  });

  it('charges what was probably looked at with a share of a failure, and spreads what is about the list likewise', () => {
    const byCurve = { ...config, positionBias: 'EXAMINATION_CURVE' as const };
    const seen = { ...execution, examination: [1, 0.5, 0.25, 0] };
    const clicked = attribute(seen, [signal('a', 'CLICK')], byCurve);
    expect(clicked.outcomes.map(({ examined }) => examined)).toEqual([1, 0.5, 0.25, 0]);
    const failures = [...clicked.arms.values()].reduce((sum, arm) => sum + arm.failures, 0);
    expect(failures).toBeCloseTo(0.75, 12);
    const { outcomes } = attribute(
      seen,
      [signal('a', 'VIEW'), signal('b', 'VIEW'), signal('', 'QUERY_REFINEMENT')],
      byCurve,
    );
    expect(outcomes.map(({ reward }) => Number(reward.toFixed(12)))).toEqual([-0.05, -0.05, 0, 0]);
    expect(attribute(seen, [signal('a', 'CLICK')], config)).toEqual(
      attribute(execution, [signal('a', 'CLICK')], config),
    );
  });

  it('takes nothing for surely looked at because of a signal about the list, but the top one that takes it all', () => {
    const byCurve = { ...config, positionBias: 'EXAMINATION_CURVE' as const };
    const curve = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
    const ofDocuments = anySignals.map((signals) => signals.filter(({ documentId }) => documentId !== ''));
    const examinedBy = (...of: Parameters<typeof attribute>) =>
      attribute(...of).outcomes.map(({ examined }) => examined);
    fc.assert(
      fc.property(anyExecution, curve, ofDocuments, ({ hits }, examination, signals) => {
        const without = examinedBy({ hits, examination }, signals, byCurve);
        const isKnown = without.some((share) => share > 0);
        const refined = examinedBy({ hits, examination }, [...signals, signal('', 'QUERY_REFINEMENT')], byCurve);
        expect(refined).toEqual(isKnown ? without : without.map((_, position) => (position === 0 ? 1 : 0)));
      }),
    );
  });

  it('takes what was dealt with for looked at, though explicit views leave it out', () => {
    const { outcomes } = attribute(execution, [signal('a', 'VIEW'), signal('d', 'CLICK')], config);
    expect(outcomes.map(({ examined }) => examined)).toEqual([1, 0, 0, 1]);
  });

  it('depends on the set of signals alone: not on their order, nor on repeats', () => {
    const shuffled = anySignals.chain((signals) =>
      fc
        .shuffledSubarray([...signals, ...signals], { minLength: signals.length, maxLength: 2 * signals.length })
        .map((some) => ({ signals, again: [...some, ...signals] })),
    );
    fc.assert(
      fc.property(anyExecution, shuffled, fc.constantFrom(...creditRules), (any, { signals, again }, credit) => {
        expect(attribute(any, again, { ...config, credit })).toEqual(attribute(any, signals, { ...config, credit }));
      }),
    );
  });

  it('gives every feature finite sums of at least 0, and all of them together what was earned', () => {
    fc.assert(
      fc.property(anyExecution, anySignals, fc.constantFrom(...creditRules), (any, signals, credit) => {
        const { arms } = attribute(any, signals, { ...config, credit });
        const sums = (rule: typeof credit) => {
          const totals = [...attribute(any, signals, { ...config, credit: rule }).arms.values()];
          return totals.reduce((sum, { rewards, failures }) => sum + rewards + failures, 0);
        };
        for (const { rewards, failures } of arms.values()) {
          expect(rewards).toBeGreaterThanOrEqual(0);
          expect(failures).toBeGreaterThanOrEqual(0);
        }
        expect(sums(credit)).toBeCloseTo(sums('MEMBERSHIP'), 9);
      }),
    );
  });

  it('ignores signals about documents that were not shown', () => {
    fc.assert(
      fc.property(anyExecution, anySignals, (any, signals) => {
        const shown = new Set(['', ...any.hits.map((hit) => hit.documentId)]);
        const known = signals.filter(({ documentId }) => shown.has(documentId));
        expect(attribute(any, signals, config)).toEqual(attribute(any, known, config));
      }),
    );
  });
});
