// @ts-check
/** Runs in a worker thread: the PGlite engine, served to the connections of pglite-stream.ts over the wire protocol. */
import { Buffer } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { WireMultiplexer } from './wire-multiplexer.mjs';

/**
 * @typedef {object} WorkerInput
 * @property {string | null} directory null keeps the data in memory
 * @property {number} idleInTransactionMs
 */

/**
 * To the worker: a connection is opened, sends bytes, is closed; or the engine is to shut down.
 * @typedef {{ open: number } | { id: number, data: Uint8Array } | { close: number } | { stop: true }} ToWorker
 */

/**
 * From the worker: the engine is up; a connection receives bytes or is closed; the engine is down, or lost.
 * @typedef {{ ready: true } | { id: number, data: Uint8Array } | { closed: number } | { stopped: true } | { failed: string }} FromWorker
 */

if (!parentPort) throw new Error('This file runs in a worker thread only.');
const port = parentPort;
const input = /** @type {WorkerInput} */ (workerData);

/** The exit status by which PGlite carries a database error out of its main loop; 0.5.14 keeps it private. */
const DATABASE_ERROR_STATUS = 100;

/** What Postgres last wrote to its log: the reason, when it does not start. @type {string[]} */
const lastLogLines = [];

/** @param {FromWorker} message */
function post(message) {
  const transfer = 'data' in message ? [/** @type {ArrayBuffer} */ (message.data.buffer)] : [];
  port.postMessage(message, transfer);
}

/** @param {unknown} error */
function fail(error) {
  const fatal = lastLogLines.findLast((line) => /FATAL|PANIC/.test(line));
  const reason = fatal ?? (error instanceof Error ? error.message : String(error));
  post({ failed: reason.replace(/^.*?((?:FATAL|PANIC):)/, '$1') });
}

async function startEngine() {
  const engine = await PGlite.create({
    ...(input.directory === null ? {} : { dataDir: input.directory }),
    extensions: { vector },
    onStderr: (line) => {
      lastLogLines.push(line);
      if (lastLogLines.length > 20) lastLogLines.shift();
      return false;
    },
  });
  reportCrashes(engine);
  return engine;
}

/**
 * PGlite swallows whatever its main loop throws and calls it again; after a WebAssembly trap or an exit of the backend
 * that never ends. A database error leaves the loop the same way and is no crash.
 * @param {PGlite} engine
 */
function reportCrashes(engine) {
  const module = engine.Module;
  const mainLoopOnce = module._PostgresMainLoopOnce;
  module._PostgresMainLoopOnce = () => {
    try {
      mainLoopOnce();
    } catch (error) {
      const status = /** @type {{ status?: unknown }} */ (error).status;
      if (status !== DATABASE_ERROR_STATUS) fail(error);
      throw error;
    }
  };
}

/**
 * @param {PGlite} engine
 * @param {Uint8Array} bytes
 */
async function execute(engine, bytes) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  // not execProtocolRaw: that also parses every answer and keeps all it ever parsed
  await engine.execProtocolRawStream(bytes, { onRawData: (chunk) => void chunks.push(chunk.slice()) });
  const [only] = chunks;
  return only && chunks.length === 1 ? only : new Uint8Array(Buffer.concat(chunks));
}

try {
  const engine = await startEngine();
  const multiplexer = new WireMultiplexer({
    execute: (bytes) => execute(engine, bytes),
    send: (id, data) => post({ id, data }),
    end: (id) => post({ closed: id }),
    onFailure: fail,
    idleInTransactionMs: input.idleInTransactionMs,
  });
  port.on('message', (/** @type {ToWorker} */ message) => {
    if ('data' in message) multiplexer.receive(message.id, message.data);
    else if ('open' in message) multiplexer.open(message.open);
    else if ('close' in message) multiplexer.close(message.close);
    else
      engine.close().then(() => {
        post({ stopped: true });
        port.close();
      }, fail);
  });
  post({ ready: true });
} catch (error) {
  fail(error);
}
