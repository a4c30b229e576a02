// Clients that send events, in a process of their own: keep-alive connections with prepared requests and as little work an
// answer as can be, so that they take little of the cores that they share with the server. Told what to do by messages of
// their parent, see interactions.bench.ts.
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { URL } from 'node:url';

/**
 * @typedef {{ executionId: string, position: number, interactionTypes: string[] }} Event
 * @typedef {{ url: string, key: string, clients: number, batch: number, seconds: number, aSecond?: number }} Load
 * @typedef {import('node:net').Socket} Socket
 */

/** @type {Event[]} */
const events = [];
let taken = 0;

const one = `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) {
  ... on RecordInteractionPayload { duplicate } ... on Error { message } } }`;
const many = `mutation ($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
  ... on RecordInteractionsPayload { accepted } ... on Error { message } } }`;

/** @param {Load} load @param {Event[]} batch */
function request({ url, key, batch: size }, batch) {
  const query = size === 1 ? one : many;
  const input = size === 1 ? batch[0] : { interactions: batch };
  const body = JSON.stringify({ query, variables: { input } });
  const { host } = new URL(url);
  return (
    `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${key}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** The body of the next answer. @param {Socket} socket @returns {Promise<string>} */
function answer(socket) {
  return new Promise((resolve, reject) => {
    let text = '';
    /** @param {Buffer} chunk */
    const read = (chunk) => {
      text += chunk.toString('latin1');
      const start = text.indexOf('\r\n\r\n') + 4;
      if (start < 4) return;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
      if (Number.isNaN(length)) return done(new Error(`An answer without a length: ${text.slice(0, 500)}`));
      if (text.length >= start + length) done(null, text.slice(start));
    };
    /** @param {Error | null} error @param {string} [body] */
    const done = (error, body = '') => {
      socket.off('data', read).off('close', closed);
      if (error === null) resolve(body);
      else reject(error);
    };
    const closed = () => done(new Error('The server closed the connection.'));
    socket.on('data', read).on('close', closed);
  });
}

/** With `aSecond`, each call in its turn, as many events a second. @param {Load} load */
async function send(load) {
  const { url, clients, batch, seconds, aSecond = Infinity } = load;
  const { hostname, port } = new URL(url);
  const accepted = batch === 1 ? '"duplicate":false' : `"accepted":${batch}`;
  /** @type {number[]} */
  const callMs = [];
  const takenBefore = taken;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const isOver = () => performance.now() - startedAt > seconds * 1_000;
  const client = async () => {
    const socket = connect(Number(port), hostname).setNoDelay(true);
    await once(socket, 'connect');
    while (!isOver() && taken + batch <= events.length) {
      const dueAt = startedAt + (1_000 * (taken - takenBefore)) / aSecond;
      const some = events.slice(taken, (taken += batch));
      if (dueAt - performance.now() > 1) await sleep(dueAt - performance.now());
      if (isOver()) break;
      const text = request(load, some);
      const sentAt = performance.now();
      socket.write(text);
      const body = await answer(socket);
      if (!body.includes(accepted)) throw new Error(body.slice(0, 500));
      callMs.push(performance.now() - sentAt);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(cpu);
  return { callMs, seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

process.on('message', async (/** @type {any} */ message) => {
  try {
    let done = null;
    if (message.kind === 'events') events.push(...message.events);
    if (message.kind === 'send') done = await send(message);
    process.send?.({ done });
  } catch (error) {
    process.send?.({ failed: String(error) });
  }
});
