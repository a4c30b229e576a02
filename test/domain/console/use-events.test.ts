import { CombinedError } from 'urql';
import { describe, expect, test } from 'vitest';
import { waitBeforeRetry } from '../../../src/console/api/use-events.ts';

const answered = (extensions: Record<string, unknown>) =>
  new CombinedError({ graphQLErrors: [{ message: 'Not now.', extensions }] });

describe('a subscription of the console that broke off', () => {
  test.each(['SHUTTING_DOWN', 'RATE_LIMITED', 'TIMEOUT', 'INTERNAL', 'UNAVAILABLE'])(
    'is tried again after %s, which passes',
    (code) => {
      expect(waitBeforeRetry(answered({ code }))).toBe(5_000);
    },
  );

  test('is tried again where no answer came', () => {
    expect(waitBeforeRetry(new CombinedError({ networkError: new Error('gone') }))).toBe(5_000);
  });

  test('waits for as long as the server asks', () => {
    expect(waitBeforeRetry(answered({ code: 'RATE_LIMITED', retryAfterSeconds: 42 }))).toBe(42_000);
    expect(waitBeforeRetry(answered({ code: 'RATE_LIMITED', retryAfterSeconds: 1 }))).toBe(5_000);
  });

  test.each(['RETRIEVER_NOT_FOUND', 'UNAUTHENTICATED', undefined])(
    'is not tried again after %s: a refusal stays one however often it is asked',
    (code) => {
      expect(waitBeforeRetry(answered({ code }))).toBeNull();
    },
  );
});
