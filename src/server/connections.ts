import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Connections {
  /** Closes what is idle, and from now on everything as soon as it is. */
  closeIdle(): void;
  /** Resolves when no request is under way but these. */
  finished(except: ReadonlySet<ServerResponse>): Promise<void>;
}

/**
 * Which connections of a server have a request under way. Node's own `closeIdleConnections` leaves those open that never
 * sent one, and those that become idle later.
 */
export function trackConnections(server: Server): Connections {
  const requests = new Map<Socket, number>();
  const responses = new Set<ServerResponse>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  // one that became a WebSocket is no request's any more, and websocket.ts ends it
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => requests.delete(socket as Socket));
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    responses.add(response);
    response.once('close', () => {
      responses.delete(response);
      const left = (requests.get(socket) ?? 1) - 1;
      requests.set(socket, left);
      if (closing && left === 0) socket.destroySoon();
    });
  });
  return {
    closeIdle() {
      closing = true;
      for (const [socket, left] of requests) if (left === 0) socket.destroySoon();
    },

    async finished(except) {
      const waitFor = [...responses].filter((response) => !except.has(response));
      await Promise.all(waitFor.map((response) => once(response, 'close')));
    },
  };
}
