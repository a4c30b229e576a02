import { createClient, type Client as Socket } from 'graphql-ws';
import { AttuneError } from './attune-error.ts';
import type { Endpoint } from './request.ts';

/** Whether what is watched is up to date: `lost` from the moment that the connection breaks until it is there again. */
export type ConnectionState = 'live' | 'lost';

export interface LiveOptions {
  /** Node 20 has none: `WebSocket` of the package ws. Default: the global one. */
  webSocketImpl?: unknown;
  onConnection?: (state: ConnectionState) => void;
  /**
   * A connection that was cut without a word is found out by a ping that gets no answer until half of the time to the
   * next one is over. Default 10 000.
   */
  pingMs?: number;
}

/**
 * The one WebSocket that everything watched shares: open while something is. It does not reconnect by itself, as it would
 * ask anew for what was seen already; who watches does.
 * @throws AttuneError WEBSOCKET_MISSING
 */
export function openSocket(
  { url, key, namespace, clock }: Endpoint,
  { webSocketImpl = globalThis.WebSocket, onConnection = () => undefined, pingMs = 10_000 }: LiveOptions,
): Socket {
  if (webSocketImpl === undefined) {
    const message = 'There is no WebSocket here: pass one as webSocketImpl, such as that of the package ws.';
    throw new AttuneError(message, 'WEBSOCKET_MISSING', { path: ['webSocketImpl'] });
  }
  let stopWaiting = () => {};
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl,
    connectionParams: { authorization: `Bearer ${key}`, ...(namespace === null ? {} : { namespace }) },
    retryAttempts: 0,
    keepAlive: pingMs,
    on: {
      connected: () => onConnection('live'),
      ping: (received) => {
        if (!received) stopWaiting = clock.after(pingMs / 2, () => socket.terminate());
      },
      pong: () => stopWaiting(),
      closed: () => {
        stopWaiting();
        onConnection('lost');
      },
    },
  });
  return socket;
}

/** Closes it, also in the midst of connecting: that its connection then fails is nobody's business any more. */
export function closeSocket(socket: Socket): void {
  void Promise.resolve(socket.dispose()).catch(() => undefined);
}
