import type { Client as Socket, FormattedExecutionResult, Sink } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import type { AttuneError } from '../../../src/client/attune-error.ts';
import type { LearnedWeights } from '../../../src/client/types.ts';
import { watchWeights } from '../../../src/client/watch-weights.ts';
import { handClock } from '../../fixtures/hand-clock.ts';

type WeightsSink = Sink<FormattedExecutionResult<{ learnedWeights: LearnedWeights }>>;

const weights = (version: string): LearnedWeights => ({
  ...{ version, contextLevel: 'GLOBAL', interactions: 0, updatedAt: '2026-01-01T00:00:00Z', weights: [] },
});

/** Watches over a socket whose subscriptions are answered by hand. */
function watch() {
  const clock = handClock();
  const subscriptions: { after: unknown; sink: WeightsSink }[] = [];
  const socket = {
    subscribe({ variables }, sink) {
      subscriptions.push({ after: variables?.['after'], sink: sink as WeightsSink });
      return () => undefined;
    },
  } as Pick<Socket, 'subscribe'> as Socket;
  const seen: string[] = [];
  const ends: (AttuneError | null)[] = [];
  watchWeights(
    { socket: () => socket, closing: new AbortController().signal, clock, random: () => 0 },
    'r',
    { onEnd: (error) => void ends.push(error) },
    ({ version }) => void seen.push(version),
  );
  return { clock, subscriptions, seen, ends };
}

describe('watching weights', () => {
  test.each(['SHUTTING_DOWN', 'RATE_LIMITED', 'TIMEOUT', 'INTERNAL', 'UNAVAILABLE'])(
    'goes on behind the last version after %s, which passes',
    async (code) => {
      const { clock, subscriptions, seen, ends } = watch();
      subscriptions[0]!.sink.next({ data: { learnedWeights: weights('1') } });
      subscriptions[0]!.sink.error([{ message: 'Not now.', extensions: { code } }]);
      await clock.advance(60_000);
      expect(ends).toEqual([]);
      expect(subscriptions.map(({ after }) => after)).toEqual([null, '1']);
      subscriptions[1]!.sink.next({ data: { learnedWeights: weights('2') } });
      expect(seen).toEqual(['1', '2']);
    },
  );

  test('ends over a refusal, which stays one however often it is asked', async () => {
    const { clock, subscriptions, ends } = watch();
    subscriptions[0]!.sink.error([{ message: 'There is none.', extensions: { code: 'RETRIEVER_NOT_FOUND' } }]);
    await clock.advance(60_000);
    expect(ends).toMatchObject([{ code: 'RETRIEVER_NOT_FOUND', retryable: false }]);
    expect(subscriptions).toHaveLength(1);
  });
});
