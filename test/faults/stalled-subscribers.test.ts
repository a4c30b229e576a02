import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startChild, type Child } from '../fixtures/child-process.ts';
import { authorizations } from '../schema/hand-made-app.ts';

/** For how long they stall: ATTUNE_FAULT_SECONDS=120 for the whole of it. */
const seconds = Number(process.env.ATTUNE_FAULT_SECONDS ?? 4);
const EACH = 50;
/** A queue that nobody bounds takes 50 MB in four seconds. */
const MAX_GROWTH_BYTES = (seconds < 60 ? 25 : 50) * 1024 * 1024;
const QUERY = `subscription { learnedWeights(retrieverId: "r") {
  retrieverId version contextLevel interactions updatedAt weights { featureUri weight mean alpha beta probabilityBest } } }`;

interface Report {
  open: number;
  events: number;
  rss: number;
}

describe('a hundred subscribers that stop reading', { timeout: 120_000 + seconds * 3_000 }, () => {
  let server: Child;
  let url: URL;
  let cleanUp: (() => void)[] = [];

  beforeEach(async () => {
    // it collects what is garbage before it reports: left to itself, up to 100 MB of it wait for that, and come and go
    server = startChild('busy-feed.ts', [], ['--expose-gc']);
    await server.printed(1);
    url = new URL(server.lines[0]!);
  });
  afterEach(async () => {
    for (const clean of cleanUp) clean();
    cleanUp = [];
    await server.kill();
  });

  const reports = () => server.lines.slice(1).map((line) => JSON.parse(line) as Report);
  const latest = () => reports().at(-1);

  /** Server-sent events by hand, which are never read. */
  function stallOverSse(): void {
    const body = JSON.stringify({ query: QUERY });
    const socket = connect(Number(url.port), url.hostname);
    cleanUp.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: ${authorizations.search}\r\nAccept: text/event-stream\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    socket.pause();
  }

  async function subscribeOverWebSocket(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://${url.host}/graphql`, 'graphql-transport-ws');
    cleanUp.push(() => socket.terminate());
    socket.on('error', () => {});
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: authorizations.search } }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: QUERY } }));
    return socket;
  }

  test('at a thousand events a second cost no memory, and others go on getting theirs', async () => {
    let seen = 0;
    (await subscribeOverWebSocket()).on('message', () => (seen += 1));
    for (let index = 0; index < EACH; index += 1) {
      stallOverSse();
      (await subscribeOverWebSocket()).pause();
    }
    await expect.poll(() => latest()?.open, { timeout: 60_000 }).toBe(2 * EACH + 1);
    server.signal('SIGUSR2');
    // the compiler warms up, and the network's own buffers fill, before it is measured
    await expect.poll(() => latest()!.events, { timeout: 60_000 }).toBeGreaterThan(4_000);
    const before = latest()!;
    const enough = before.events + seconds * 1_000;
    await expect
      .poll(() => latest()!.events, { timeout: 60_000 + seconds * 3_000, interval: 500 })
      .toBeGreaterThan(enough);
    const after = latest()!;
    const grownBytes = after.rss - before.rss;
    const grownMb = Math.round(grownBytes / 1024 / 1024);
    if (seconds > 10) console.log(`${after.events - before.events} events, resident memory ${grownMb} MB more`);
    expect(after.open).toBe(2 * EACH + 1);
    expect(grownBytes).toBeLessThan(MAX_GROWTH_BYTES);

    const soFar = seen;
    await expect.poll(() => seen, { timeout: 20_000 }).toBeGreaterThan(soFar);
    // no resolver is left alive
    for (const clean of cleanUp.splice(0)) clean();
    await expect.poll(() => latest()!.open, { timeout: 20_000 }).toBe(0);
  });
});
