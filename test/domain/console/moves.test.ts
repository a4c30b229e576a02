import { expect, test } from 'vitest';
import { movesBetween } from '../../../src/console/playground/moves.ts';

test('tells of every document how its rank moved', () => {
  const moves = movesBetween(['a', 'b', 'c', 'd'], ['c', 'b', 'a', 'e']);
  expect([...moves]).toEqual([
    ['c', { kind: 'up', by: 2 }],
    ['b', { kind: 'same' }],
    ['a', { kind: 'down', by: 2 }],
    ['e', { kind: 'new' }],
  ]);
});

test('everything is new beside a ranking that found nothing', () => {
  expect([...movesBetween([], ['a']).values()]).toEqual([{ kind: 'new' }]);
});
