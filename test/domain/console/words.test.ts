import { describe, expect, test } from 'vitest';
import { rolloutInWords } from '../../../src/console/features/rollout-state.ts';
import { mattersOf } from '../../../src/console/overview/matters.ts';
import { count, counted, milliseconds, percent, points, signed } from '../../../src/console/parts/format.ts';
import { changesOf, type Settings } from '../../../src/console/rollout/rollout-settings.ts';

const settings: Settings = {
  shadowMode: false,
  rolloutPct: 100,
  controlPct: 0,
  staticFusion: 'RRF',
  excludedUsers: [],
};
const rollout = { ...settings, killed: null, held: false };
const killed = { at: '2026-01-01T00:00:00Z', actor: 'ann', reason: null };

describe('numbers', () => {
  test.each([
    [count(1_234), '1,234'],
    [count(123_456), '123.5K'],
    [counted(1, 'hit', 'hits'), '1 hit'],
    [counted(0, 'hit', 'hits'), '0 hits'],
    [percent(0.1234), '12.3 %'],
    [points(-0.0123), '−1.2 pts'],
    [signed(0.5, 2), '+0.50'],
    [signed(-0.001, 2), '±0.00'],
    [milliseconds(2.84), '2.8 ms'],
    [milliseconds(240.4), '240 ms'],
    [milliseconds(1_240), '1.2 s'],
    [milliseconds(61_000), '61 s'],
  ])('%s', (written, expected) => expect(written).toBe(expected));
});

describe('a rollout in words', () => {
  test.each([
    ['LEARNED', {}, 'Learned', 'good'],
    ['LEARNED', { rolloutPct: 20 }, 'Learned, 20 %', 'good'],
    ['LEARNED', { rolloutPct: 0 }, 'Not rolled out', 'plain'],
    ['LEARNED', { shadowMode: true }, 'Shadow', 'accent'],
    ['LEARNED', { shadowMode: true, killed }, 'Killed', 'danger'],
    ['LEARNED', { controlPct: 100 }, 'Not rolled out', 'plain'],
    ['WEIGHTED', {}, 'Static', 'plain'],
    ['WEIGHTED', { shadowMode: true }, 'Shadow', 'accent'],
    ['WEIGHTED', { shadowMode: true, killed }, 'Static', 'plain'],
  ])('%s with %o is %s', (fusion, change, word, tone) => {
    expect(rolloutInWords({ ...rollout, ...change }, fusion)).toMatchObject({ word, tone });
  });

  test.each([
    [100, 0, 'Learned fusion serves everyone.'],
    [50, 0, '50 % are served learned fusion.'],
    [100, 10, '10 % are a control group; learned fusion serves all others.'],
    [50, 20, '20 % are a control group; 50 % of the others are served learned fusion.'],
  ])('serves %d in 100 of those outside a control group of %d: %s', (rolloutPct, controlPct, text) => {
    expect(rolloutInWords({ ...rollout, rolloutPct, controlPct }, 'LEARNED').text).toBe(text);
  });
});

describe('what needs attention', () => {
  const wordsOf = (change: object) => mattersOf({ ...rollout, guardrails: [], ...change }, []).map(({ word }) => word);

  test('is nothing where all is well', () => expect(wordsOf({})).toEqual([]));

  test('is a shadow', () => expect(wordsOf({ shadowMode: true })).toEqual(['Shadow']));

  test('is no shadow of what is killed: nothing runs along', () => {
    expect(wordsOf({ shadowMode: true, killed })).toEqual(['Killed']);
  });
});

describe('changes of a rollout', () => {
  test('are none where nothing was changed', () => expect(changesOf(settings, { ...settings })).toEqual([]));

  test('are told one by one', () => {
    const after = {
      shadowMode: true,
      rolloutPct: 50,
      controlPct: 10,
      staticFusion: 'MAX',
      excludedUsers: ['bot'],
    } as const;
    const changes = changesOf(settings, { ...after, excludedUsers: [...after.excludedUsers] });
    expect(changes).toHaveLength(5);
    expect(changes.join(' ')).toMatch(/serves 50 %, not 100 %.*10 %, not 0 %.*MAX, not RRF.*Shadow mode goes on.*bot/);
  });

  test('tell who is left in again', () => {
    expect(changesOf({ ...settings, excludedUsers: ['bot', 'eve'] }, { ...settings, excludedUsers: ['eve'] })).toEqual([
      'Left out no more: bot.',
    ]);
  });
});
