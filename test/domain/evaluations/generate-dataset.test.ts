import { describe, expect, test } from 'vitest';
import type { LoggedSearch } from '../../../src/evaluations/feedback-log.ts';
import { judgeQueries, splitTime } from '../../../src/evaluations/generate-dataset.ts';
import {
  countInteractions,
  earnedByDocument,
  judgeFromSearches,
} from '../../../src/evaluations/judge-from-searches.ts';
import type { Signal } from '../../../src/interactions/interaction.ts';
import { defaultRewardMap, rewardScale } from '../../../src/learning/reward.ts';

const reward = rewardScale(defaultRewardMap);
const signal = (documentId: string, type: Signal['type'] = 'CLICK'): Signal => ({ documentId, type, durationMs: null });

let searches = 0;
function search(query: string, shown: readonly string[], signals: readonly Signal[], executedAt = 0): LoggedSearch {
  const who = { userId: null, sessionId: null, segment: null };
  return { executionId: `e${searches++}`, executedAt, ...who, inputs: { query }, shown, signals };
}
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

describe('grades', () => {
  test('do not reward a document for having stood on top', () => {
    // The same clicks; but b was shown at position 3, where one looks a quarter as often.
    const shown = ['a', 'x', 'y', 'b'];
    const grades = judgeFromSearches(
      [...times(4, search('q', shown, [signal('a')])), ...times(4, search('q', shown, [signal('b')]))],
      reward,
    );
    expect(grades.get('b')).toBe(3);
    expect(grades.get('a')).toBeLessThan(3);
    expect(grades.get('x')).toBe(0);
  });

  test('are 0 for what was looked at without reward, and there is none for what was hardly looked at', () => {
    const grades = judgeFromSearches([search('q', ['a', 'b', 'c'], [signal('a')])], reward);
    expect(Object.fromEntries(grades)).toEqual({ a: 3 });
    const often = judgeFromSearches(times(3, search('q', ['a', 'b', 'c'], [signal('a')])), reward);
    expect(Object.fromEntries(often)).toEqual({ a: 3, b: 0, c: 0 });
  });

  test('weigh a purchase above a click, and a penalty below nothing', () => {
    const shown = [search('q', ['a', 'b'], [signal('a', 'PURCHASE')]), search('q', ['b', 'a'], [signal('b')])];
    expect(Object.fromEntries(judgeFromSearches(shown, reward))).toEqual({ a: 3, b: 2 });
    const disliked = judgeFromSearches(
      times(2, search('q', ['a', 'b'], [signal('a', 'NEGATIVE_FEEDBACK'), signal('b')])),
      reward,
    );
    expect(Object.fromEntries(disliked)).toEqual({ a: 0, b: 3 });
  });

  test('count the same signal of a search once', () => {
    const once = earnedByDocument([signal('a'), signal('a'), signal('', 'QUERY_REFINEMENT')], reward);
    expect(Object.fromEntries(once)).toEqual({ a: 1 / 3 });
    expect(
      countInteractions({ signals: [signal('a'), signal('a'), signal('a', 'PURCHASE'), signal('b', 'VIEW')] }, reward),
    ).toBe(2);
  });
});

describe('judged queries', () => {
  const options = { minInteractions: 3, heldOutFrom: Infinity, reward };

  test('are those with enough interactions, the most frequent first', () => {
    const log = [
      ...times(2, search('rare', ['a'], [signal('a')])),
      ...times(3, search('known', ['a'], [signal('a')])),
      ...times(4, search('frequent', ['a'], [signal('a')])),
    ];
    expect(judgeQueries(log, options).map(({ inputs }) => inputs)).toEqual([{ query: 'frequent' }, { query: 'known' }]);
  });

  test('are the same in whatever case they were typed, and whoever typed them', () => {
    const log = [
      search(' Tent', ['a'], [signal('a')]),
      search('tent', ['a'], [signal('a')]),
      search('TENT', ['a'], [signal('a')]),
    ];
    const named = log.map((one, index) => ({ ...one, inputs: { ...one.inputs, user_id: `u${index}` } }));
    const judged = judgeQueries(named, options);
    expect(judged).toHaveLength(1);
    expect(judged[0]?.inputs).toEqual({ query: 'TENT' });
  });

  test('without a relevant document are left out', () => {
    const log = times(3, search('bad', ['a', 'b'], [signal('a', 'NEGATIVE_FEEDBACK')]));
    expect(judgeQueries(log, options)).toEqual([]);
  });

  test('that were searched after the split are judged by that part alone', () => {
    const before = times(5, search('q', ['a', 'b'], [signal('a')], 10));
    const after = times(2, search('q', ['a', 'b'], [signal('b')], 20));
    const past = times(5, search('past', ['a', 'b'], [signal('a')], 10));
    const judged = judgeQueries([...before, ...past, ...after], { ...options, heldOutFrom: 20 });
    expect(judged.map(({ inputs, heldOut, judgments }) => [inputs['query'], heldOut, judgments])).toEqual([
      ['q', true, { a: 0, b: 3 }],
      ['past', false, { a: 3, b: 0 }],
    ]);
  });

  test('the split leaves the latest share of the searches', () => {
    const log = Array.from({ length: 10 }, (_, at) => search('q', ['a'], [], at));
    expect(splitTime(log, 0.3)).toBe(7);
    expect(splitTime(log, 0.001)).toBe(9);
    expect(splitTime([], 0.3)).toBeNull();
  });
});
