import { describe, expect, test } from 'vitest';
import { createHealth, type HealthOptions, type PartHealth } from '../../../src/monitoring/health.ts';

const up = (): PartHealth => ({ status: 'up' });
const down = (): PartHealth => ({ status: 'down' });
const consequences = { postgres: 'no rows', clickhouse: 'old weights', embeddings: 'no vectors', relay: 'it waits' };

function healthOf(checks: Partial<HealthOptions['checks']>, options: Partial<HealthOptions> = {}) {
  let now = 0;
  const health = createHealth({
    checks: { postgres: up, clickhouse: up, embeddings: up, relay: up, ...checks },
    consequences,
    clock: { now: () => now },
    keepMs: 500,
    ...options,
  });
  return { ...health, pass: (ms: number) => void (now += ms) };
}

describe('a server', () => {
  test('is ready when every part is up', async () => {
    expect(await healthOf({}).report()).toEqual({
      status: 'ready',
      parts: { postgres: up(), clickhouse: up(), embeddings: up(), relay: up() },
    });
  });

  test.each(['clickhouse', 'embeddings', 'relay'] as const)(
    'is degraded without %s, and says what that means',
    async (part) => {
      const report = await healthOf({ [part]: down }).report();
      expect(report.status).toBe('degraded');
      expect(report.parts[part]).toEqual({ status: 'down', message: consequences[part] });
    },
  );

  test('is unavailable without Postgres', async () => {
    expect((await healthOf({ postgres: down }).report()).status).toBe('unavailable');
  });

  test('is unavailable while a part starts', async () => {
    expect((await healthOf({ embeddings: () => ({ status: 'starting' }) }).report()).status).toBe('unavailable');
  });

  test('is unavailable from the moment it stops, though all is well', async () => {
    const health = healthOf({});
    expect((await health.report()).status).toBe('ready');
    health.stopping();
    expect(await health.report()).toMatchObject({ status: 'unavailable', message: 'The server is stopping.' });
  });

  test('takes a part that throws for down, and tells nobody what it threw', async () => {
    const report = await healthOf({
      clickhouse: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7')),
    }).report();
    expect(report.parts.clickhouse).toEqual({ status: 'down', message: 'old weights' });
  });

  test('takes a part that does not answer for down', async () => {
    const report = await healthOf({ postgres: () => new Promise(() => {}) }, { timeoutMs: 5 }).report();
    expect(report).toMatchObject({ status: 'unavailable', parts: { postgres: { status: 'down' } } });
  });

  test('asks its parts once in a while, however often it is asked', async () => {
    let asked = 0;
    const health = healthOf({ postgres: () => ({ status: asked++ === 0 ? 'up' : 'down' }) });
    await Promise.all([health.report(), health.report()]);
    health.pass(499);
    expect((await health.report()).status).toBe('ready');
    health.pass(1);
    expect((await health.report()).status).toBe('unavailable');
    expect(asked).toBe(2);
  });
});
