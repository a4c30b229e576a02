import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  creditGained,
  creditOf,
  DeltaSum,
  type Credit,
  type Gain,
} from '../../../src/interactions/posterior-deltas.ts';
import { decayStamp } from '../../../src/learning/decay.ts';
import { evidenceBasis, evidenceOf } from '../../../src/learning/evidence.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import { feature } from '../learning/executed-hits.ts';

const everybody = { level: 'GLOBAL', key: '' } as const;
const forGood = decayStamp(null, 0);
const uris = ['text', 'image', 'words'];

/** Three hits on which the features disagree. */
const hits: ExecutedHit[] = [
  [1, 0.2, 0],
  [0.5, 1, 0.4],
  [0, 0.6, 1],
].map((scores, place) => ({
  documentId: `d${place}`,
  score: 1,
  features: uris.map((uri, index) => feature(uri, 1, scores[index])),
}));

// Sixteenths add up without rounding.
const amount = fc.integer({ min: -64, max: 64 }).map((sixteenths) => sixteenths / 16);
const credit: fc.Arbitrary<Credit> = fc.record({
  interactions: fc.nat(20),
  arms: fc.record({ text: fc.tuple(amount, amount), image: fc.tuple(amount, amount), words: fc.tuple(amount, amount) }),
  outcomes: fc.array(fc.tuple(amount, fc.constantFrom(0, 1)), { minLength: hits.length, maxLength: hits.length }),
});

/** What each step from nothing to the last state brings. */
function gainsOf(states: readonly Credit[]): Gain[] {
  return states.flatMap((now, index) => creditGained(hits, now, states[index - 1] ?? null) ?? []);
}

function summed(gains: readonly Gain[]) {
  const sum = new DeltaSum();
  for (const gain of gains) sum.add('shop', [everybody], gain, forGood);
  return sum.deltas()[0] ?? null;
}

const outcomesOf = ({ outcomes }: Credit) => outcomes.map(([reward, examined]) => ({ reward, examined }));

describe('gains', () => {
  it('add up step by step to the last state', () => {
    fc.assert(
      fc.property(fc.array(credit, { minLength: 1, maxLength: 5 }), (states) => {
        const last = states.at(-1)!;
        const total = summed(gainsOf(states));
        expect(total?.interactions ?? 0).toBe(last.interactions);
        for (const { featureUri, rewards, failures } of total?.arms ?? []) {
          expect([rewards, failures]).toEqual(last.arms[featureUri]);
        }
        const { basis, sums } = evidenceOf(hits, outcomesOf(last), uris);
        expect(total?.evidence ?? { basis, sums: sums.map(() => 0) }).toEqual({ basis, sums: sums.map(plainZero) });
      }),
    );
  });

  it('are nothing for an unchanged state, also for one that was empty from the start', () => {
    fc.assert(fc.property(credit, (state) => creditGained(hits, state, structuredClone(state)) === null));
    const empty = creditOf({
      interactions: 0,
      arms: new Map(),
      outcomes: hits.map(() => ({ reward: 0, examined: 0 })),
    });
    expect(creditGained(hits, empty, null)).toBeNull();
  });

  it('are something where a document was but looked at', () => {
    const outcomes = hits.map((_, place) => ({ reward: 0, examined: place === 0 ? 1 : 0 }));
    const gained = creditGained(hits, creditOf({ interactions: 0, arms: new Map(), outcomes }), null);
    expect(gained).toMatchObject({ interactions: 0, arms: {} });
  });

  it('take back exactly what was given, in any order', () => {
    const steps = fc.array(credit, { minLength: 1, maxLength: 4 }).chain((states) => {
      const nothing: Credit = {
        interactions: 0,
        arms: Object.fromEntries(uris.map((uri) => [uri, [0, 0] as [number, number]])),
        outcomes: hits.map(() => [0, 0]),
      };
      const gains = gainsOf([...states, nothing]);
      return fc.shuffledSubarray(gains, { minLength: gains.length });
    });
    fc.assert(
      fc.property(steps, (gains) => {
        const total = summed(gains);
        expect(total?.interactions ?? 0).toBe(0);
        expect((total?.evidence.sums ?? []).every((sum) => sum === 0)).toBe(true);
        expect((total?.arms ?? []).every(({ rewards, failures }) => rewards === 0 && failures === 0)).toBe(true);
      }),
    );
  });

  it('name arms at zero, so that their context lists them, and learn of all features together', () => {
    const earned = {
      interactions: 1,
      arms: new Map([
        ['text', { rewards: 0.5, failures: 0 }],
        ['image', { rewards: 0, failures: 0 }],
      ]),
      outcomes: hits.map((_, place) => ({ reward: place === 0 ? 0.5 : 0, examined: 1 })),
    };
    expect(creditGained(hits, creditOf(earned), null)).toEqual({
      interactions: 1,
      arms: { text: [0.5, 0], image: [0, 0] },
      evidence: evidenceOf(hits, earned.outcomes, ['text', 'image']),
    });
  });
});

const gained: Gain = {
  interactions: 1,
  arms: { text: [1, 0] },
  evidence: { basis: evidenceBasis(['text']), sums: [3, -5] },
};

test('contexts of the same key at different levels or retrievers stay apart', () => {
  const sum = new DeltaSum();
  sum.add('shop', [{ level: 'PERSONAL', key: 'x' }, { level: 'DEMOGRAPHIC', key: 'x' }, everybody], gained, forGood);
  sum.add('blog', [everybody], gained, forGood);
  sum.add('shop', [everybody], gained, forGood);
  expect(
    sum
      .deltas()
      .map(({ retrieverId, context, interactions, evidence }) => [
        retrieverId,
        context.level,
        interactions,
        evidence.sums,
      ]),
  ).toEqual([
    ['shop', 'PERSONAL', 1, [3, -5]],
    ['shop', 'DEMOGRAPHIC', 1, [3, -5]],
    ['shop', 'GLOBAL', 2, [6, -10]],
    ['blog', 'GLOBAL', 1, [3, -5]],
  ]);
});

test('what fades apart or speaks of other features stays apart', () => {
  const sum = new DeltaSum();
  const other = { ...gained, evidence: { basis: evidenceBasis(['text', 'image']), sums: [1, 2] } };
  sum.add('shop', [everybody], gained, forGood);
  sum.add('shop', [everybody], gained, { halfLifeHours: 24, epoch: 7, growth: 1 });
  sum.add('shop', [everybody], gained, { halfLifeHours: 24, epoch: 8, growth: 1 });
  sum.add('shop', [everybody], other, forGood);
  expect(sum.deltas().map(({ decay, evidence }) => ({ ...decay, sums: evidence.sums }))).toEqual([
    { halfLifeHours: 0, epoch: 0, sums: [3, -5] },
    { halfLifeHours: 24, epoch: 7, sums: [3, -5] },
    { halfLifeHours: 24, epoch: 8, sums: [3, -5] },
    { halfLifeHours: 0, epoch: 0, sums: [1, 2] },
  ]);
});

test('growth multiplies arms and evidence, not the count, and keeps the evidence in whole numbers', () => {
  const sum = new DeltaSum();
  const at = (growth: number) => ({ halfLifeHours: 1, epoch: 0, growth });
  sum.add('shop', [everybody], gained, at(2.5));
  sum.add('shop', [everybody], gained, at(1.3));
  const [delta] = sum.deltas();
  expect(delta).toMatchObject({ interactions: 2, arms: [{ featureUri: 'text', rewards: 3.8, failures: 0 }] });
  // 2.5 · 3 and 1.3 · 3 rounded one by one; likewise of −5.
  expect(delta!.evidence.sums).toEqual([8 + 4, -12 - 6]);
});

test('generations stay apart, and only a later one names itself and when its last signal arose', () => {
  const sum = new DeltaSum();
  sum.add('shop', [everybody], gained, forGood);
  sum.add('shop', [everybody], gained, forGood, { generation: 0, changedAt: undefined });
  for (const changedAt of [50, 70, 60]) sum.add('shop', [everybody], gained, forGood, { generation: 2, changedAt });
  const deltas = sum.deltas();
  expect(deltas.map(({ generation, changedAt, interactions }) => [generation, changedAt, interactions])).toEqual([
    [undefined, undefined, 2],
    [2, 70, 3],
  ]);
  expect(deltas.map((delta) => ['generation' in delta, 'changedAt' in delta])).toEqual([
    [false, false],
    [true, true],
  ]);
});

describe('a gain', () => {
  const nothing: Credit = { interactions: 0, arms: { text: [0, 0] }, outcomes: hits.map(() => [0, 0]) };

  it.each<[string, Partial<Credit>]>([
    ['an interaction', { interactions: 1 }],
    ['a reward', { arms: { text: [1, 0] } }],
    ['a failure', { arms: { text: [0, 1] } }],
    ['another feature', { arms: { text: [0, 0], image: [0, 1] } }],
    [
      'the reward of a hit',
      {
        outcomes: [
          [0, 0],
          [1, 0],
          [0, 0],
        ],
      },
    ],
    [
      'a hit that was looked at',
      {
        outcomes: [
          [0, 0],
          [0, 0],
          [0, 1],
        ],
      },
    ],
  ])('is there where %s alone is new, and may be taken back', (_what, change) => {
    const now = { ...nothing, ...change };
    expect(creditGained(hits, now, nothing)).not.toBeNull();
    expect(creditGained(hits, nothing, now)).not.toBeNull();
    expect(creditGained(hits, now, now)).toBeNull();
  });

  it('is nothing where nothing has come', () => {
    expect(creditGained(hits, nothing, null)).toBeNull();
  });
});

/** −0 is 0. */
function plainZero(value: number): number {
  return value + 0;
}

test('interactions are counted by their growth as well where they fade, and taken back exactly', () => {
  const fading = Array.from({ length: 50 }, (_, hour) => decayStamp(1_000, 3_600_000 * hour));
  const sum = new DeltaSum();
  for (const decay of fading) sum.add('shop', [everybody], gained, decay);
  const growth = fading.reduce((total, decay) => total + decay.growth, 0);
  expect(sum.deltas()[0]?.grown).toBeCloseTo(growth, 4);
  for (const decay of fading.toReversed()) sum.add('shop', [everybody], { ...gained, interactions: -1 }, decay);
  expect(sum.deltas()[0]?.grown).toBe(0);
  sum.add('shop', [everybody], gained, forGood);
  expect(sum.deltas().map(({ grown }) => grown)).toEqual([0, undefined]);
});
