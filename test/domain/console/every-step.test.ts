import { expect, test } from 'vitest';
import { everyStep } from '../../../src/console/charts/every-step.ts';

const hourMs = 60 * 60_000;
const start = Date.parse('2026-03-01T00:00:00Z');
const at = (hour: number) => new Date(start + hour * hourMs).toISOString();
const busy = (hour: number) => ({ at: at(hour), searches: 5, ctr: 0.4 });
/** Hours since the start, and searches. */
const told = (points: ReturnType<typeof everyStep>) =>
  points.map((point) => [(point.at - start) / hourMs, point.searches]);

test('hours without searches are put between those with them', () => {
  const points = everyStep([busy(2), busy(5)], 24, start + 5.5 * hourMs);
  expect(points).toEqual([
    { at: start + 2 * hourMs, searches: 5, ctr: 0.4 },
    { at: start + 3 * hourMs, searches: 0, ctr: null },
    { at: start + 4 * hourMs, searches: 0, ctr: null },
    { at: start + 5 * hourMs, searches: 5, ctr: 0.4 },
  ]);
});

test('traffic that stopped ends in hours without searches, up to now', () => {
  expect(told(everyStep([busy(2)], 24, start + 4.9 * hourMs))).toEqual([
    [2, 5],
    [3, 0],
    [4, 0],
  ]);
});

test('a window beyond a week is told by the day', () => {
  expect(told(everyStep([busy(0), busy(72)], 720, start + 100 * hourMs))).toEqual([
    [0, 5],
    [24, 0],
    [48, 0],
    [72, 5],
    [96, 0],
  ]);
  expect(everyStep([busy(0)], 168, start + 100 * hourMs)).toHaveLength(101);
});

test('a click on a search of an hour before has no click-through where nothing was searched', () => {
  expect(everyStep([{ at: at(1), searches: 0, ctr: 0 }], 24, start + hourMs)).toMatchObject([{ ctr: null }]);
});

test('a clock behind the server’s leaves nothing out, and one far ahead adds no more than was asked for', () => {
  expect(everyStep([busy(2), busy(4)], 24, start)).toHaveLength(3);
  expect(everyStep([busy(0)], 24, start + 1_000_000 * hourMs)).toHaveLength(25);
});

test('no traffic is no points', () => expect(everyStep([], 24, start)).toEqual([]));
