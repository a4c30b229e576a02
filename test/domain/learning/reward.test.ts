import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interactionTypes } from '../../../src/interactions/interaction.ts';
import { defaultRewardMap, parseRewardMap, rewardOf, rewardScale } from '../../../src/learning/reward.ts';
import { signal } from './executed-hits.ts';

const path = ['input', 'learningConfig', 'rewardMap'];

function errorOf(json: unknown): unknown {
  try {
    parseRewardMap(json, path);
    return null;
  } catch (error) {
    return error;
  }
}

describe('parseRewardMap', () => {
  it('gives the defaults where nothing is said', () => {
    for (const nothing of [null, undefined, {}]) expect(parseRewardMap(nothing, path)).toEqual(defaultRewardMap);
  });

  it('has a default for every interaction type', () => {
    expect(Object.keys(defaultRewardMap).toSorted()).toEqual([...interactionTypes].sort());
  });

  it('merges over the defaults, with keys in either case', () => {
    expect(parseRewardMap({ click: 0.5, PURCHASE: 10, Skip: -1000 }, path)).toEqual({
      ...defaultRewardMap,
      CLICK: 0.5,
      PURCHASE: 10,
      SKIP: -1000,
    });
  });

  it.each(['hover', '', 'toString', '__proto__'])('names an unknown type %j and lists the types', (key) => {
    expect(errorOf(JSON.parse(`{ "${key}": 1 }`))).toMatchObject({
      code: 'UNKNOWN_INTERACTION_TYPE',
      path: [...path, key],
      message: expect.stringMatching(/click.*purchase.*filter_toggle/),
    });
  });

  it.each([['"1"'], ['null'], ['1001'], ['-1000.5'], ['1e999'], ['[1]']])('refuses the reward %s', (reward) => {
    expect(errorOf(JSON.parse(`{ "click": ${reward} }`))).toMatchObject({
      code: 'INVALID_REWARD_MAP',
      path: [...path, 'click'],
      message: expect.stringContaining('1000'),
    });
  });

  it('refuses NaN', () => {
    expect(errorOf({ click: NaN })).toMatchObject({ code: 'INVALID_REWARD_MAP' });
  });

  it('refuses a type named twice', () => {
    expect(errorOf({ click: 1, CLICK: 2 })).toMatchObject({ code: 'INVALID_REWARD_MAP', path: [...path, 'CLICK'] });
  });

  it.each([[1], ['click'], [[1]], [true]])('refuses %j, which is no object', (json) => {
    expect(errorOf(json)).toMatchObject({ code: 'INVALID_REWARD_MAP', path });
  });
});

describe('rewardOf', () => {
  it('is the value of the map', () => {
    expect(rewardOf(signal('a', 'PURCHASE'), defaultRewardMap)).toBe(3);
    expect(rewardOf(signal('a', 'SKIP', 60_000), defaultRewardMap)).toBe(-1);
  });

  it('grows with the dwell time up to the full value at 30 seconds', () => {
    const rewards = { ...defaultRewardMap, DWELL_TIME: 2 };
    const durations = [null, -5, NaN, 0, 7500, 15_000, 30_000, 600_000];
    expect(durations.map((ms) => rewardOf(signal('a', 'DWELL_TIME', ms), rewards))).toEqual([0, 0, 0, 0, 0.5, 1, 2, 2]);
  });
});

describe('rewardScale', () => {
  it('divides by the largest magnitude of the map', () => {
    const scaled = rewardScale(defaultRewardMap);
    expect(scaled(signal('a', 'PURCHASE'))).toBe(1);
    expect(scaled(signal('a', 'CLICK'))).toBe(1 / 3);
    expect(rewardScale({ ...defaultRewardMap, SKIP: -10 })(signal('a', 'SKIP'))).toBe(-1);
  });

  it('stays from -1 to 1 for any map', () => {
    const anyMap = fc.dictionary(
      fc.constantFrom(...interactionTypes),
      fc.double({ min: -1000, max: 1000, noNaN: true }),
    );
    fc.assert(
      fc.property(anyMap, fc.constantFrom(...interactionTypes), fc.nat(), (json, type, durationMs) => {
        const reward = rewardScale(parseRewardMap(json, path))(signal('a', type, durationMs));
        expect(Math.abs(reward)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is 0 throughout where every reward is 0', () => {
    const nothing = parseRewardMap(Object.fromEntries(interactionTypes.map((type) => [type, 0])), path);
    expect(rewardScale(nothing)(signal('a', 'PURCHASE'))).toBe(0);
  });
});
