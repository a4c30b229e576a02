import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkInteraction, CLOCK_SKEW_MS } from '../../../src/interactions/check-interaction.ts';
import type { InteractionInput } from '../../../src/interactions/interaction-input.ts';
import type { InteractionType } from '../../../src/interactions/interaction.ts';
import { interactionInput } from '../../fixtures/interaction.ts';

const now = Date.UTC(2026, 10, 23);
const executionId = '019aa000-0000-7000-8000-00000000000A';
const click = interactionInput({ executionId, position: 0 });

const check = (overrides: Partial<InteractionInput>) => checkInteraction({ ...click, ...overrides }, ['input'], now);

describe('an interaction is taken', () => {
  test('with its defaults filled in', () => {
    expect(check({})).toEqual({
      ...click,
      executionId: executionId.toLowerCase(),
      metadata: {},
      occurredAt: now,
      receivedAt: now,
      path: ['input'],
    });
  });

  test('with repeated types collapsed', () => {
    expect(check({ interactionTypes: ['CLICK', 'SHARE', 'CLICK'] }).interactionTypes).toEqual(['CLICK', 'SHARE']);
  });

  test.each<[string, Partial<InteractionInput>]>([
    ['executionId and documentId', { position: null, documentId: 'a' }],
    ['documentId and a user', { executionId: null, documentId: 'a', position: null, userId: 'ada' }],
    ['documentId, position and a session', { executionId: null, documentId: 'a', sessionId: 's' }],
    ['only executionId, about the list', { position: null, interactionTypes: ['SCROLL_DEPTH'] }],
    [
      'only a session, about the list',
      { executionId: null, position: null, sessionId: 's', interactionTypes: ['ZERO_RESULTS', 'QUERY_REFINEMENT'] },
    ],
    ['metadata of nearly 16 kB', { metadata: { text: 'x'.repeat(16_000) } }],
    ['metadata that escapes a NUL twice', { metadata: { text: '\\u0000' } }],
    ['a whole emoji', { userId: '👩‍🚀' }],
  ])('with %s', (_what, overrides) => {
    expect(() => check(overrides)).not.toThrow();
  });

  test('with a clock a little ahead, as of now', () => {
    expect(check({ occurredAt: now + CLOCK_SKEW_MS }).occurredAt).toBe(now);
    expect(check({ occurredAt: now - 5 }).occurredAt).toBe(now - 5);
  });
});

describe('an interaction is refused', () => {
  test.each<[string, Partial<InteractionInput>, string, string[]]>([
    ['no types', { interactionTypes: [] }, 'INVALID_INTERACTION_TYPES', ['interactionTypes']],
    [
      'an unknown type',
      { interactionTypes: ['HOVER' as InteractionType] },
      'INVALID_INTERACTION_TYPES',
      ['interactionTypes'],
    ],
    ['nothing to identify it', { executionId: null }, 'MISSING_REFERENCE', ['executionId']],
    ['a user but no document', { executionId: null, userId: 'ada' }, 'MISSING_REFERENCE', ['documentId']],
    ['an execution but no hit', { position: null }, 'MISSING_REFERENCE', ['documentId']],
    [
      'a hit missing for one of its types',
      { position: null, interactionTypes: ['SCROLL_DEPTH', 'CLICK'] },
      'MISSING_REFERENCE',
      ['documentId'],
    ],
    ['a negative position', { position: -1 }, 'INVALID_POSITION', ['position']],
    ['half a position', { position: 1.5 }, 'INVALID_POSITION', ['position']],
    ['a document id of 10 kB', { documentId: 'd'.repeat(10_000) }, 'INVALID_DOCUMENT_ID', ['documentId']],
    ['an empty user id', { userId: '' }, 'INVALID_USER_ID', ['userId']],
    ['a session id with a NUL', { sessionId: 'a\0b' }, 'INVALID_SESSION_ID', ['sessionId']],
    ['half an emoji', { userId: '\ud83d' }, 'INVALID_USER_ID', ['userId']],
    ['a long idempotency key', { idempotencyKey: 'k'.repeat(201) }, 'INVALID_IDEMPOTENCY_KEY', ['idempotencyKey']],
    ['a retriever id that is none', { retrieverId: 'shop' }, 'INVALID_RETRIEVER_ID', ['retrieverId']],
    ['an event of the future', { occurredAt: now + CLOCK_SKEW_MS + 1 }, 'INVALID_OCCURRED_AT', ['occurredAt']],
    ['an event at no time', { occurredAt: NaN }, 'INVALID_OCCURRED_AT', ['occurredAt']],
    ['metadata over 16 kB', { metadata: { text: 'ü'.repeat(8_192) } }, 'INVALID_METADATA', ['metadata']],
    [
      'metadata that is a list',
      { metadata: [1] as unknown as Record<string, unknown> },
      'INVALID_METADATA',
      ['metadata'],
    ],
    ['metadata with a NUL in a key', { metadata: { list: [{ 'a\0': 1 }] } }, 'INVALID_METADATA', ['metadata']],
    ['metadata with infinity', { metadata: { n: [Infinity] } }, 'INVALID_METADATA', ['metadata']],
    ['metadata with a function', { metadata: { f: () => 1 } }, 'INVALID_METADATA', ['metadata']],
    ['metadata nested too deep', { metadata: nested(40) }, 'INVALID_METADATA', ['metadata']],
    ['a duration that is text', { metadata: { durationMs: '5' } }, 'INVALID_METADATA', ['metadata', 'durationMs']],
    ['a depth in per cent', { metadata: { depth: 75 } }, 'INVALID_METADATA', ['metadata', 'depth']],
    ['a depth that is text', { metadata: { depth: '0.5' } }, 'INVALID_METADATA', ['metadata', 'depth']],
    ['a negative duration', { metadata: { durationMs: -1 } }, 'INVALID_METADATA', ['metadata', 'durationMs']],
  ])('for %s', (_what, overrides, code, path) => {
    expect(thrownBy(() => check(overrides))).toMatchObject({ code, path: ['input', ...path] });
  });

  test('with a message that starts with the field', () => {
    const field = (overrides: Partial<InteractionInput>) => (thrownBy(() => check(overrides)) as Error).message;
    expect(field({ position: -1 })).toMatch(/^position /);
    expect(field({ metadata: { n: NaN } })).toMatch(/^metadata /);
  });

  test('in a list, with its place in the path', () => {
    const place = ['input', 'interactions', 7];
    expect(thrownBy(() => checkInteraction({ ...click, position: -1 }, place, now))).toMatchObject({
      path: ['input', 'interactions', '7', 'position'],
    });
  });
});

test('whatever JSON comes as metadata is taken unchanged or refused, and never breaks the check', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (metadata) => {
      try {
        expect(check({ metadata }).metadata).toBe(metadata);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_METADATA' });
      }
    }),
  );
});

function nested(levels: number): Record<string, unknown> {
  return levels === 0 ? {} : { deeper: nested(levels - 1) };
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}
