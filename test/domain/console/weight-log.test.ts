import { describe, expect, test } from 'vitest';
import { addToWeightLog, emptyWeightLog, type WeightState } from '../../../src/console/features/weight-log.ts';
import { featuresOf, fromLive, fromSignals } from '../../../src/console/retriever/weight-history.ts';

const state = (version: number, weight: number): WeightState => ({
  version: String(version),
  contextLevel: 'GLOBAL',
  interactions: version,
  updatedAt: '2026-01-01T00:00:00Z',
  weights: [
    { featureUri: 'words', weight, mean: 0.5, alpha: 1, beta: 1, low: 0, high: 1, probabilityBest: 0.5 },
    { featureUri: 'text', weight: 1 - weight, mean: 0.5, alpha: 1, beta: 1, low: 0, high: 1, probabilityBest: 0.5 },
  ],
});

/** One state every so many milliseconds. */
function logOf(count: number, everyMs: number) {
  let log = emptyWeightLog;
  for (let n = 0; n < count; n += 1) log = addToWeightLog(log, state(n, 0.5), n * everyMs);
  return log;
}

describe('the log of live weights', () => {
  test('knows the first and the newest state', () => {
    const log = logOf(5, 250);
    expect([log.first?.version, log.now?.version]).toEqual(['0', '4']);
    expect(log.history.at(-1)?.state.version).toBe('4');
  });

  test('keeps about a point a second', () => {
    const log = logOf(400, 250);
    expect(log.history.length).toBeGreaterThanOrEqual(95);
    expect(log.history.length).toBeLessThanOrEqual(105);
  });

  test('keeps the last ten minutes, however long it runs', () => {
    const log = logOf(2_000, 1_000);
    expect(log.history.length).toBeLessThanOrEqual(601);
    expect(log.history.at(0)?.at).toBeGreaterThan(1_999_000 - 600_001);
  });

  test('becomes points by feature', () => {
    const points = fromLive(addToWeightLog(emptyWeightLog, state(1, 0.7), 42).history);
    expect(points).toEqual([{ at: 42, weights: { words: 0.7, text: 1 - 0.7 } }]);
    expect(featuresOf(points)).toEqual(['text', 'words']);
  });
});

describe('recorded weights', () => {
  const signal = (
    at: string,
    contextLevel: 'GLOBAL' | 'DEMOGRAPHIC',
    featureUri: string,
    mean: number,
    searches = 1,
  ) => ({
    at,
    contextLevel,
    data: { featureUri, mean, searches },
  });
  const morning = '2026-01-01T08:00:00Z';
  const noon = '2026-01-01T12:00:00Z';

  test('are those of the level that is asked for, by time', () => {
    const signals = [
      signal(noon, 'GLOBAL', 'words', 0.6),
      signal(morning, 'GLOBAL', 'words', 0.5),
      signal(morning, 'DEMOGRAPHIC', 'words', 0.9),
    ];
    expect(fromSignals(signals, { kind: 'everyone' })).toEqual([
      { at: Date.parse(morning), weights: { words: 0.5 } },
      { at: Date.parse(noon), weights: { words: 0.6 } },
    ]);
  });

  test('are means over the searches of all levels where the level has none', () => {
    const signals = [signal(noon, 'DEMOGRAPHIC', 'words', 0.9, 3), signal(noon, 'GLOBAL', 'words', 0.5, 1)];
    expect(fromSignals(signals, { kind: 'user', userId: 'ann', segment: null })).toEqual([
      { at: Date.parse(noon), weights: { words: 0.8 } },
    ]);
  });

  test('leave out what is no signal of a weight', () => {
    expect(fromSignals([{ at: noon, contextLevel: 'GLOBAL', data: { stage: 'total' } }], { kind: 'everyone' })).toEqual(
      [],
    );
  });
});
