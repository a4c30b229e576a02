import { describe, expect, test } from 'vitest';
import { checkContextValues, checkSearchInput } from '../../../src/search/check-search-input.ts';
import { retrieverInputs } from '../../../src/search/retriever-inputs.ts';
import type { Retriever } from '../../../src/retrievers/retriever.ts';
import type { SearchInput } from '../../../src/search/search-input.ts';

const sound: SearchInput = {
  retrieverId: 'r',
  inputs: { query: 'tent' },
  userId: null,
  sessionId: null,
  segment: null,
  seed: null,
  limit: null,
};
const check = (change: Partial<SearchInput>) => checkSearchInput({ ...sound, ...change });
const nobody = { userId: null, sessionId: null, segment: null };

let deep: Record<string, unknown> = {};
for (let level = 0; level < 50_000; level += 1) deep = { deep };

describe('who a search is for', () => {
  test('comes from its fields, else from the inputs of that meaning', () => {
    expect(check({})).toEqual(nobody);
    const inputs = { user_id: 'u1', session_id: 's1', segment: 'hikers' };
    expect(check({ inputs })).toEqual({ userId: 'u1', sessionId: 's1', segment: 'hikers' });
    expect(check({ inputs, userId: 'u2', segment: 'climbers' })).toEqual({
      userId: 'u2',
      sessionId: 's1',
      segment: 'climbers',
    });
  });

  test('may be a number in the inputs, and is nobody where it is empty', () => {
    expect(check({ inputs: { user_id: 42, segment: '' }, sessionId: '' })).toEqual({ ...nobody, userId: '42' });
  });
});

describe('a search with', () => {
  test.each<[string, Partial<SearchInput>, string, string[]]>([
    ['inputs that are a list', { inputs: [] as never }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['no inputs', { inputs: null as never }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['inputs of more than 64 kB', { inputs: { query: 'x'.repeat(64_001) } }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['inputs nested too deeply', { inputs: deep }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['a NUL in the inputs', { inputs: { query: 'a\0b' } }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['half a surrogate pair in a key', { inputs: { ['\ud800']: 1 } }, 'INVALID_INPUTS', ['input', 'inputs']],
    ['a seed of 65 characters', { seed: 'x'.repeat(65) }, 'INVALID_SEED', ['input', 'seed']],
    ['an empty seed', { seed: '' }, 'INVALID_SEED', ['input', 'seed']],
    ['a limit of 0', { limit: 0 }, 'INVALID_LIMIT', ['input', 'limit']],
    ['a limit of 101', { limit: 101 }, 'INVALID_LIMIT', ['input', 'limit']],
    ['a limit of 2.5', { limit: 2.5 }, 'INVALID_LIMIT', ['input', 'limit']],
    ['a userId of 257 characters', { userId: 'x'.repeat(257) }, 'INVALID_USER_ID', ['input', 'userId']],
    ['a NUL in the sessionId', { sessionId: 'a\0' }, 'INVALID_SESSION_ID', ['input', 'sessionId']],
    [
      'a long segment in the inputs',
      { inputs: { segment: 'x'.repeat(257) } },
      'INVALID_SEGMENT',
      ['input', 'inputs', 'segment'],
    ],
  ])('%s is refused', (_what, change, code, path) => {
    expect(() => check(change)).toThrow(expect.objectContaining({ code, path }));
  });

  test('a text that merely spells an escape is fine', () => {
    expect(() => check({ inputs: { query: '\\u0000 and \\\\ud800 and 😀' } })).not.toThrow();
  });

  test('a context value of 257 characters is refused', () => {
    expect(() => checkContextValues({ city: 'x'.repeat(257) })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', path: ['input', 'inputs', 'city'] }),
    );
  });
});

describe('the inputs of a retriever', () => {
  const template = { query: '{{INPUT.query}} {{INPUT.user.city}} {{INPUT.user_id}}' };
  const of = (inputSchema: Record<string, unknown> | null, inputs: Record<string, unknown>) =>
    retrieverInputs({ inputSchema, stages: [template] } as unknown as Retriever, inputs, { ...nobody, userId: 'u1' });

  test('are looked up by name, where dots descend', () => {
    const { lookup } = of(null, { query: 'tent', user: { city: 'Oslo' } });
    expect([lookup('query'), lookup('user.city'), lookup('user_id')]).toEqual(['tent', 'Oslo', 'u1']);
  });

  test('are missing where they are absent or null, and the message lists what the retriever takes', () => {
    const { lookup } = of(null, { query: null });
    expect(() => lookup('query')).toThrow(
      expect.objectContaining({
        code: 'MISSING_INPUT',
        path: ['input', 'inputs', 'query'],
        message: expect.stringContaining('query, user') as string,
      }),
    );
    expect(() => lookup('user.city')).toThrow(expect.objectContaining({ path: ['input', 'inputs', 'user', 'city'] }));
  });

  test('never reach into what an object inherits', () => {
    const { lookup } = of(null, { user: {} });
    for (const name of ['constructor', 'user.constructor', 'user.toString.length', '__proto__']) {
      expect(() => lookup(name)).toThrow(expect.objectContaining({ code: 'MISSING_INPUT' }));
    }
  });

  test('take the defaults of the schema', () => {
    expect(of({ query: { type: 'text', default: 'all' } }, {}).lookup('query')).toBe('all');
  });

  test('are checked against the types of the schema', () => {
    expect(() => of({ query: { type: 'text' } }, { query: 3 })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', path: ['input', 'inputs', 'query'] }),
    );
  });

  test('that the schema requires must be there even where no template uses them', () => {
    expect(() => of({ city: { type: 'text', required: true } }, {})).toThrow(
      expect.objectContaining({ code: 'MISSING_INPUT', path: ['input', 'inputs', 'city'] }),
    );
    expect(() => of({ city: { type: 'text' } }, {})).not.toThrow();
  });

  test('may be left out where the schema says so', () => {
    const inputs = of({ image: { type: 'vector', required: false }, query: { type: 'text' } }, {});
    expect([inputs.isLeftOut('image'), inputs.isLeftOut('query')]).toEqual([true, false]);
    expect(() => inputs.lookup('image')).toThrow(expect.objectContaining({ code: 'MISSING_INPUT' }));
  });
});
