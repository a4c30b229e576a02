import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildSchema, parse, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../../src/client/backoff.ts';
import { AttuneError, createClient, interactionFromResult } from '../../../src/client/client.ts';
import { searchQuery, trackMutation, watchSubscription } from '../../../src/client/operations.ts';
import { randomId, systemRandom } from '../../../src/client/surroundings.ts';
import type { ContextLevel, Fusion, InteractionType } from '../../../src/client/types.ts';
import { interactionTypes } from '../../../src/interactions/interaction.ts';
import { root } from '../../fixtures/source-tree.ts';
import { handClock, turn } from '../../fixtures/hand-clock.ts';

const schema = buildSchema(readFileSync(path.join(root, 'schema/schema.graphql'), 'utf8'));

describe('interactionFromResult', () => {
  const hit = (position: number, documentId: string) => ({ position, documentId });
  const result = { executionId: 'e1', hits: [hit(0, 'lid'), hit(1, 'pot')] };

  test('says what was done with the hit at a position: a click, unless it is told', () => {
    expect(interactionFromResult(result, 1)).toEqual({
      ...{ executionId: 'e1', documentId: 'pot', position: 1, interactionTypes: ['CLICK'] },
    });
    expect(interactionFromResult(result, 0, ['CLICK', 'PURCHASE']).interactionTypes).toEqual(['CLICK', 'PURCHASE']);
  });

  test.each([2, -1, 0.5])('refuses %s, where nothing was shown', (position) => {
    expect(() => interactionFromResult(result, position)).toThrow(
      expect.objectContaining({ code: 'POSITION_NOT_SHOWN', path: ['position'] }) as Error,
    );
  });
});

describe('the client', () => {
  test.each([searchQuery, trackMutation, watchSubscription])('asks for what the schema has: %s', (operation) => {
    expect(validate(schema, parse(operation))).toEqual([]);
  });

  test('knows the words of the schema', () => {
    const types = interactionTypes satisfies readonly InteractionType[];
    // one that is missing here does not compile
    const levels: Record<ContextLevel, true> = { PERSONAL: true, DEMOGRAPHIC: true, GLOBAL: true, PRIOR: true };
    const fusions: Record<Fusion, true> = { RRF: true, DBSF: true, WEIGHTED: true, MAX: true, LEARNED: true };
    const valuesOf = (name: string) => {
      const type = schema.getType(name);
      return type !== undefined && 'getValues' in type ? type.getValues().map((value) => value.name) : [];
    };
    expect([...types].sort()).toEqual(valuesOf('InteractionType').sort());
    expect(Object.keys(levels).sort()).toEqual(valuesOf('ContextLevel').sort());
    expect(Object.keys(fusions).sort()).toEqual(valuesOf('Fusion').sort());
  });

  test('is below 8 kB gzipped, graphql-ws included', async () => {
    const sizeOf = async (external: string[]) => {
      const { outputFiles } = await build({
        ...{ entryPoints: [path.join(root, 'src/client/client.ts')], external, write: false },
        ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
      });
      return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    };
    const [whole, own] = [await sizeOf([]), await sizeOf(['graphql-ws'])];
    expect(whole).toBeLessThan(8_000);
    expect(own).toBeGreaterThan(1_000);
    expect(own).toBeLessThan(6_000);
  });

  test.each(['search.example', '', 'ftp://search.example', '/graphql'])('refuses the url %j', (url) => {
    expect(() => createClient({ url, key: 'k' })).toThrow(expect.objectContaining({ code: 'INVALID_URL' }) as Error);
  });

  test('says what it lacks where there is no WebSocket', () => {
    const client = createClient({ url: 'http://127.0.0.1:1', key: 'k', webSocketImpl: null });
    expect(() => client.watchWeights('r', {}, () => undefined)).toThrow(/webSocketImpl/);
  });

  test('makes ids that are UUIDs, and random numbers in [0, 1)', () => {
    const ids = Array.from({ length: 100 }, randomId);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const number of Array.from({ length: 100 }, systemRandom)) {
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(1);
    }
  });

  test('waits longer after each failure, and never longer than half a minute', () => {
    expect([1, 2, 3, 7, 8, 100].map((failures) => backoffMs(failures, 0.999_999_9))).toEqual(
      [500, 1_000, 2_000, 30_000, 30_000, 30_000].map((ms) => expect.closeTo(ms, 1) as number),
    );
    expect(backoffMs(1, 0)).toBe(250);
  });
});

describe('a request', () => {
  const answered = (body: unknown, status = 200) =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });

  /** A client whose requests are answered from a list; a function is called with the request's signal. */
  function clientOf(...answers: (Response | ((signal: AbortSignal) => Promise<Response>))[]) {
    const clock = handClock();
    let calls = 0;
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      const answer = answers[Math.min(calls++, answers.length - 1)]!;
      return typeof answer === 'function' ? answer(init!.signal!) : answer.clone();
    };
    const client = createClient({ url: 'http://attune.test/', key: 'k', fetch, clock, random: () => 0 });
    return { client, clock, calls: () => calls };
  }
  const result = { data: { search: { executionId: 'e', executedAt: '2026-01-01T00:00:00Z', hits: [] } } };
  const search = { retrieverId: 'r', inputs: {} };

  test('has the server’s code, path and message in its error', async () => {
    const extensions = { code: 'EMPTY_QUERY', inputPath: ['input', 'inputs', 'query'] };
    const { client, calls } = clientOf(answered({ data: null, errors: [{ message: 'query is empty.', extensions }] }));
    await expect(client.search(search)).rejects.toMatchObject({
      ...{ name: 'AttuneError', code: 'EMPTY_QUERY', path: ['input', 'inputs', 'query'], message: 'query is empty.' },
    });
    expect(calls()).toBe(1);
  });

  test.each([
    ['a page', answered('<html>Bad gateway</html>', 502), 'HTTP_502', true],
    ['another JSON', answered({ ok: false }, 404), 'HTTP_404', false],
    ['null', answered('null', 200), 'HTTP_200', false],
  ])('takes %s for no answer of Attune', async (_name, response, code, retryable) => {
    const { client } = clientOf(response);
    await expect(client.request('{ x }')).rejects.toMatchObject({ code, retryable });
  });

  test('is tried again after a fault of the moment, where it is a search', async () => {
    const { client, clock, calls } = clientOf(
      answered('', 503),
      () => Promise.reject(new TypeError('cut')),
      answered(result),
    );
    const searching = client.search(search);
    await turn();
    await clock.advance(10_000);
    expect((await searching).executionId).toBe('e');
    expect(calls()).toBe(3);
  });

  test('is given up after a third fault, and at once where the server asks for a long wait', async () => {
    const { client, clock, calls } = clientOf(answered('', 503));
    const searching = client.search(search);
    searching.catch(() => undefined);
    await turn();
    await clock.advance(10_000);
    await expect(searching).rejects.toMatchObject({ code: 'HTTP_503' });
    expect(calls()).toBe(3);
    const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: 50 };
    const busy = clientOf(answered({ errors: [{ message: 'too many', extensions }] }, 429));
    await expect(busy.client.search(search)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 50_000 });
    expect(busy.calls()).toBe(1);
  });

  const hanging = (signal: AbortSignal) =>
    new Promise<Response>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  test('does not wait for ever', async () => {
    const { client, clock } = clientOf(hanging);
    const asking = client.request('{ x }');
    asking.catch(() => undefined);
    await clock.advance(15_000);
    await expect(asking).rejects.toMatchObject({ code: 'NO_ANSWER_IN_TIME', retryable: true });
    expect(clock.waits()).toEqual([]);
  });

  test('can be called off: before, while it runs, and while it waits to be tried again', async () => {
    const reason = new Error('typed on');
    const { client, calls } = clientOf(hanging);
    await expect(client.search(search, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(calls()).toBe(0);
    for (const answers of [hanging, answered('', 503)]) {
      const running = clientOf(answers);
      const controller = new AbortController();
      const searching = running.client.search(search, { signal: controller.signal });
      await turn();
      controller.abort(reason);
      await expect(searching).rejects.toBe(reason);
      expect(running.clock.waits()).toEqual([]);
      expect(running.calls()).toBe(1);
    }
  });

  test('that tracks ends with the client, which reports what was not acknowledged', async () => {
    const dropped: string[] = [];
    const client = createClient({
      ...{ url: 'http://attune.test', key: 'k', batchSize: 1, clock: handClock() },
      fetch: (_url, init) => hanging(init!.signal!),
      onDrop: ({ error }) => dropped.push(error.code),
    });
    client.track({ executionId: 'e', position: 0 });
    await turn();
    client.close();
    await turn();
    expect(dropped).toEqual(['CLIENT_CLOSED']);
    await expect(client.flush()).resolves.toBeUndefined();
    expect(() => client.watchWeights('r', {}, () => undefined)).toThrow(AttuneError);
  });
});
