import { describe, expect, test } from 'vitest';
import type { LoggedSearch } from '../../../src/evaluations/feedback-log.ts';
import { replaySessions } from '../../../src/evaluations/replayed-sessions.ts';
import type { Signal } from '../../../src/interactions/interaction.ts';
import { defaultRewardMap, rewardScale } from '../../../src/learning/reward.ts';

const reward = rewardScale(defaultRewardMap);
const signal = (documentId: string, type: Signal['type']): Signal => ({ documentId, type, durationMs: null });

function search(executionId: string, signals: readonly Signal[], change: Partial<LoggedSearch> = {}): LoggedSearch {
  const who = { userId: null, sessionId: null, segment: null };
  return {
    executionId,
    executedAt: 0,
    ...who,
    inputs: { query: 'q' },
    shown: ['a', 'b', 'c', 'd'],
    signals,
    ...change,
  };
}
const click = [signal('c', 'CLICK')];

describe('replayed sessions', () => {
  test('judge what was done with each search: a grade a third of the largest reward, nothing for what was passed over', () => {
    const done = [signal('c', 'PURCHASE'), signal('c', 'CLICK'), signal('b', 'ADD_TO_CART'), signal('a', 'SKIP')];
    const { queries } = replaySessions([search('one', done), search('two', click)], 10, reward);
    expect(queries.map(({ queryId, judgments }) => [queryId, judgments])).toEqual([
      ['one', { a: 0, b: 2, c: 3 }],
      ['two', { a: 0, b: 0, c: 1 }],
    ]);
  });

  test('leave out searches that earned nothing', () => {
    const ignored = [search('one', []), search('two', [signal('a', 'VIEW')]), search('three', [signal('a', 'SKIP')])];
    expect(replaySessions(ignored, 10, reward)).toEqual({ queries: [], sessionCount: 0 });
  });

  test('search again as who searched, unless the inputs say who', () => {
    const who = { userId: 'ada', sessionId: 's1', segment: 'readers' };
    const { queries } = replaySessions(
      [search('one', click, who), search('two', click, { ...who, inputs: { query: 'q', user_id: 7 } })],
      10,
      reward,
    );
    expect(queries.map(({ inputs }) => inputs)).toEqual([
      { query: 'q', user_id: 'ada', session_id: 's1', segment: 'readers' },
      { query: 'q', user_id: 7, session_id: 's1', segment: 'readers' },
    ]);
  });

  test('are the newest, whole, each one cluster', () => {
    const log = [
      search('old', click, { sessionId: 's1' }),
      search('first', click, { sessionId: 's2' }),
      search('of a user', click, { userId: 'ada' }),
      search('second', click, { sessionId: 's2' }),
      search('alone', click),
    ];
    const { queries, sessionCount } = replaySessions(log, 3, reward);
    expect(sessionCount).toBe(3);
    expect(queries.map(({ queryId, cluster }) => [queryId, cluster])).toEqual([
      ['first', 'session s2'],
      ['of a user', 'user ada'],
      ['second', 'session s2'],
      ['alone', 'search alone'],
    ]);
  });
});
