import type { ServerResponse } from 'node:http';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { abandon } from './abandon.ts';

/** The responses over which subscriptions are sent: streams, which have no end that a stop could wait for. */
export type EventStreams = Set<ServerResponse>;

/**
 * Ties each subscription to the response that it is sent over. Yoga does so once it has begun to answer: a client that left
 * before that would be sent its events for good.
 */
export function tieToResponses(streams: EventStreams): Plugin<{ res?: ServerResponse }> {
  return {
    onSubscribe({ subscribeFn, setSubscribeFn }) {
      setSubscribeFn(async (args) => {
        const result: unknown = await subscribeFn(args);
        const { res: response } = args.contextValue as { res?: ServerResponse };
        if (response === undefined || !isAsyncIterable(result)) return result;
        if (response.closed) abandon(result);
        else {
          streams.add(response);
          response.once('close', () => {
            streams.delete(response);
            abandon(result);
          });
        }
        return result;
      });
    },
  };
}
