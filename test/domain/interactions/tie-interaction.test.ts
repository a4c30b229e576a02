import { describe, expect, test } from 'vitest';
import { CLOCK_SKEW_MS, type CheckedInteraction } from '../../../src/interactions/check-interaction.ts';
import { tieToNothing, tieToShowing } from '../../../src/interactions/tie-interaction.ts';
import { showingOf } from '../../../src/search/showing.ts';
import { executionOf, interactionInput, startOfTest } from '../../fixtures/interaction.ts';

const execution = executionOf(['a', 'b', 'c']);
const minuteLater = startOfTest + 60_000;

const eventOn = (overrides: Partial<CheckedInteraction>): CheckedInteraction => ({
  ...interactionInput({ executionId: execution.id }),
  metadata: {},
  occurredAt: minuteLater,
  receivedAt: minuteLater,
  path: ['input'],
  ...overrides,
});
const tie = (overrides: Partial<CheckedInteraction>) => tieToShowing(eventOn(overrides), showingOf(execution));

describe('the place of an event', () => {
  test('is completed from its position', () => {
    expect(tie({ position: 2 })).toMatchObject({ documentId: 'c', position: 2 });
  });

  test('is completed from its document', () => {
    expect(tie({ documentId: 'b' })).toMatchObject({ documentId: 'b', position: 1 });
  });

  test('is taken where both agree', () => {
    expect(tie({ documentId: 'a', position: 0 })).toMatchObject({ documentId: 'a', position: 0 });
  });

  test('stays open for an event about the list', () => {
    expect(tie({ interactionTypes: ['QUERY_REFINEMENT'] })).toMatchObject({ documentId: null, position: null });
  });

  test.each<[string, Partial<CheckedInteraction>, string, string]>([
    ['a position never shown', { position: 3 }, 'POSITION_NOT_SHOWN', 'position'],
    ['a foreign document', { documentId: 'z' }, 'DOCUMENT_NOT_SHOWN', 'documentId'],
    ['a foreign document at a position', { documentId: 'z', position: 0 }, 'DOCUMENT_NOT_SHOWN', 'documentId'],
    ['both that disagree', { documentId: 'a', position: 1 }, 'POSITION_MISMATCH', 'position'],
  ])('is refused for %s', (_what, overrides, code, field) => {
    expect(() => tie(overrides)).toThrow(expect.objectContaining({ code, path: ['input', field] }));
  });

  test('says how many were shown', () => {
    expect(() => tie({ position: 12 })).toThrow('showed 3 documents (positions 0 to 2)');
    expect(() => tieToShowing(eventOn({ position: 0 }), showingOf(executionOf([])))).toThrow(
      'showed 0 documents (none)',
    );
  });
});

describe('whose event it is', () => {
  test('is what the execution says, also where the event says otherwise', () => {
    expect(tie({ position: 0, userId: 'eve', sessionId: 'session-9' })).toMatchObject({
      namespaceId: execution.namespaceId,
      retrieverId: execution.retrieverId,
      userId: 'ada',
      sessionId: 'session-1',
      segment: 'readers',
    });
  });

  test('is what the event says where the execution knew nobody', () => {
    const anonymous = executionOf(['a'], { userId: null, sessionId: null, segment: null });
    const tied = tieToShowing(eventOn({ position: 0, userId: 'eve', sessionId: 'session-9' }), showingOf(anonymous));
    expect(tied).toMatchObject({ userId: 'eve', sessionId: 'session-9', segment: null });
  });

  test('is refused for another retriever', () => {
    expect(() => tie({ position: 0, retrieverId: executionOf([]).retrieverId })).toThrow(
      expect.objectContaining({ code: 'RETRIEVER_MISMATCH', path: ['input', 'retrieverId'] }),
    );
    expect(tie({ position: 0, retrieverId: execution.retrieverId }).retrieverId).toBe(execution.retrieverId);
  });
});

describe('the time of an event', () => {
  test('a little before its search is that of the search', () => {
    expect(tie({ position: 0, occurredAt: startOfTest - CLOCK_SKEW_MS }).occurredAt).toBe(startOfTest);
  });

  test('long before its search is refused', () => {
    expect(() => tie({ position: 0, occurredAt: startOfTest - CLOCK_SKEW_MS - 1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OCCURRED_AT' }),
    );
  });
});

test('an event of no known execution is kept as it came', () => {
  const event = eventOn({ executionId: null, documentId: 'a', position: 4, userId: 'eve' });
  expect(tieToNothing(event, execution.namespaceId)).toMatchObject({
    namespaceId: execution.namespaceId,
    retrieverId: null,
    executionId: null,
    documentId: 'a',
    position: 4,
    userId: 'eve',
    segment: null,
  });
});
