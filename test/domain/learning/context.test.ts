import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseContext,
  contextValues,
  readableContexts,
  sessionContext,
  trainedContexts,
} from '../../../src/learning/context.ts';
import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';

const config = defaultLearningConfig;

describe('contextValues', () => {
  it('takes the fields of the search, and its inputs where they are absent', () => {
    const inputs = { user_id: 'from inputs', segment: 'premium' };
    const fields = { userId: 'u1', sessionId: null, segment: null, inputs };
    expect(contextValues(fields, config)).toEqual({ user_id: 'u1', segment: 'premium' });
    expect(contextValues({ ...fields, userId: null }, config)).toEqual({ user_id: 'from inputs', segment: 'premium' });
  });

  it('takes text, numbers and booleans under the names that the config knows, and nothing else', () => {
    const named = {
      contextFeatures: ['session_id', 'age', 'member'],
      demographicFeatures: ['list', 'object', 'none'],
      sessionAdaptation: null,
    };
    const inputs = { age: 30, member: true, list: [1], object: {}, none: null, query: 'shoes' };
    expect(contextValues({ userId: 'u1', sessionId: 's1', segment: null, inputs }, named)).toEqual({
      session_id: 's1',
      age: '30',
      member: 'true',
    });
  });

  it('reads no value out of the prototype', () => {
    const named = { ...config, contextFeatures: ['constructor', '__proto__'], demographicFeatures: ['toString'] };
    const values = contextValues({ userId: null, segment: null, inputs: {} }, named);
    expect(values).toEqual({});
    expect(trainedContexts(named, values)).toEqual([{ level: 'GLOBAL', key: '' }]);
  });
});

describe('trainedContexts', () => {
  it('go from the person to the segment to everyone', () => {
    expect(trainedContexts(config, { user_id: 'u1', segment: 'premium' })).toEqual([
      { level: 'PERSONAL', key: 'u1' },
      { level: 'DEMOGRAPHIC', key: 'premium' },
      { level: 'GLOBAL', key: '' },
    ]);
  });

  it('leave out a level whose value is missing or empty', () => {
    expect(trainedContexts(config, { user_id: '', segment: 'premium' }).map((ref) => ref.level)).toEqual([
      'DEMOGRAPHIC',
      'GLOBAL',
    ]);
    expect(trainedContexts(config, { user_id: 'u1' }).map((ref) => ref.level)).toEqual(['PERSONAL', 'GLOBAL']);
    const two = { ...config, contextFeatures: ['user_id', 'region'], demographicFeatures: [] };
    expect(trainedContexts(two, { user_id: 'u1' }).map((ref) => ref.level)).toEqual(['GLOBAL']);
  });

  it('give no two lists of values the same key', () => {
    const two = { ...config, contextFeatures: ['one', 'two'], demographicFeatures: [] };
    const text = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('"', ',', '\\', '|', 'a') });
    const keyOf = (one: string, two_: string) => trainedContexts(two, { one, two: two_ })[0]!.key;
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        expect(keyOf(a, b) === keyOf(c, d)).toBe(a === c && b === d);
      }),
    );
  });
});

describe('a session', () => {
  const adapting = { ...config, sessionAdaptation: { strength: 3, halfLifeMinutes: 30 } };
  const who = { userId: 'u1', sessionId: 's1', segment: null };

  it('is known and trained only where the config adapts to it', () => {
    expect(contextValues(who, config)).toEqual({ user_id: 'u1' });
    expect(sessionContext(config, { user_id: 'u1', session_id: 's1' })).toBeNull();
    const values = contextValues(who, adapting);
    expect(values).toEqual({ user_id: 'u1', session_id: 's1' });
    expect(trainedContexts(adapting, values)).toEqual([
      { level: 'PERSONAL', key: 'u1' },
      { level: 'GLOBAL', key: '' },
      { level: 'SESSION', key: 's1' },
    ]);
  });

  it('has no context where it has no name', () => {
    expect(sessionContext(adapting, {})).toBeNull();
    expect(sessionContext(adapting, { session_id: '' })).toBeNull();
  });

  it('never decides alone', () => {
    expect(readableContexts(adapting, { session_id: 's1' })).toEqual([{ level: 'GLOBAL', key: '' }]);
    const refs = trainedContexts(adapting, { session_id: 's1' });
    expect(chooseContext(refs, [null, { interactions: 9 }], 1).level).toBe('PRIOR');
  });
});

describe('readableContexts', () => {
  const values = { user_id: 'u1', segment: 'premium' };

  it('are those that are trained', () => {
    expect(readableContexts(config, values)).toEqual(trainedContexts(config, values));
  });

  it('are the global one alone by the strategy GLOBAL', () => {
    expect(readableContexts({ ...config, fallbackStrategy: 'GLOBAL' }, values)).toEqual([{ level: 'GLOBAL', key: '' }]);
  });
});

describe('chooseContext', () => {
  const refs = trainedContexts(config, { user_id: 'u1', segment: 'premium' });
  const known = (interactions: number) => ({ interactions });

  it.each([
    ['PERSONAL', [5, 9, 9]],
    ['DEMOGRAPHIC', [4, 1, 9]],
    ['GLOBAL', [4, 0, 1]],
    ['PRIOR', [4, 0, 0]],
  ] as const)('is %s for %j interactions', (level, interactions) => {
    expect(chooseContext(refs, interactions.map(known), 5).level).toBe(level);
  });

  it('skips contexts without a signal', () => {
    expect(chooseContext(refs, [null, known(2), known(3)], 1)).toEqual({
      level: 'DEMOGRAPHIC',
      key: 'premium',
      totals: { interactions: 2 },
    });
    expect(chooseContext(refs, [null, null, null], 1)).toEqual({ level: 'PRIOR', key: '', totals: null });
  });
});
