import { describe, expect, test } from 'vitest';
import { rolloutInWords } from '../../../src/console/features/rollout-state.ts';
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
    ['LEARNED', { shadowMode: true, killed: { at: '', actor: '', reason: null } }, 'Killed', 'danger'],
    ['WEIGHTED', {}, 'Static', 'plain'],
  ])('%s with %o is %s', (fusion, change, word, tone) => {
    expect(rolloutInWords({ ...rollout, ...change }, fusion)).toMatchObject({ word, tone });
  });

  test('names the control group', () => {
    expect(rolloutInWords({ ...rollout, controlPct: 10 }, 'LEARNED').text).toContain('10 % are a control group');
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
