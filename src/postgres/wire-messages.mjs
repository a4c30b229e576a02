// @ts-check
import { Buffer } from 'node:buffer';

/**
 * Framing of the Postgres wire protocol, version 3 (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 * Only lengths and type bytes are looked at; what the messages say is between the client and the engine.
 */

const SSL_REQUEST = 80877103;
const GSS_ENCRYPTION_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

const QUERY = 0x51; // Q
const SYNC = 0x53; // S
const FLUSH = 0x48; // H
const COPY_DONE = 0x63; // c
const COPY_FAIL = 0x66; // f
const TERMINATE = 0x58; // X
const READY_FOR_QUERY = 0x5a; // Z
const NOTIFICATION = 0x41; // A
const IDLE = 0x49; // I, the transaction status of a session outside of any transaction

/**
 * What a client wants next. A `batch` is all its messages up to the one that makes the engine answer: a simple query,
 * or Parse, Bind, Describe, Execute … up to Sync. An `unfinished` batch ends with Flush: the engine answers, but the
 * unnamed statement and portal are still needed, so nobody else may come between.
 * @typedef {{ kind: 'batch' | 'unfinished', bytes: Uint8Array }} Batch
 * @typedef {Batch | { kind: 'encryptionRequest' } | { kind: 'terminate' }} Demand
 */

/** Cuts the bytes a client sends into demands. One per connection. */
export class ClientReader {
  #buffer = Buffer.alloc(0);
  #started = false;

  /**
   * @param {Uint8Array} chunk
   * @returns {Demand[]}
   */
  read(chunk) {
    const arrived = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const buffer = this.#buffer.length === 0 ? arrived : Buffer.concat([this.#buffer, arrived]);
    /** @type {Demand[]} */
    const demands = [];
    let batchStart = 0;
    for (let position = 0, end; (end = this.#messageEnd(buffer, position)) !== null; position = end) {
      const kind = this.#kindOf(buffer, position);
      if (kind === null) continue;
      const bytes = new Uint8Array(buffer.subarray(batchStart, end));
      demands.push(kind === 'batch' || kind === 'unfinished' ? { kind, bytes } : { kind });
      batchStart = end;
    }
    this.#buffer = Buffer.from(buffer.subarray(batchStart));
    return demands;
  }

  /**
   * The offset after the message at `position`, or null when it has not arrived whole. The first message has no type byte.
   * @param {Buffer} buffer
   * @param {number} position
   */
  #messageEnd(buffer, position) {
    const typeLength = this.#started ? 1 : 0;
    if (buffer.length - position < typeLength + 4) return null;
    const end = position + typeLength + buffer.readInt32BE(position + typeLength);
    return end <= buffer.length ? end : null;
  }

  /**
   * @param {Buffer} buffer
   * @param {number} position
   * @returns {Demand['kind'] | null} null in the midst of a batch
   */
  #kindOf(buffer, position) {
    if (!this.#started) {
      const code = buffer.readInt32BE(position + 4);
      if (code === SSL_REQUEST || code === GSS_ENCRYPTION_REQUEST) return 'encryptionRequest';
      if (code === CANCEL_REQUEST) return 'terminate';
      this.#started = true;
      return 'batch';
    }
    switch (buffer[position]) {
      case QUERY:
      case SYNC:
      case COPY_DONE:
      case COPY_FAIL:
        return 'batch';
      case FLUSH:
        return 'unfinished';
      case TERMINATE:
        return 'terminate';
      default:
        return null;
    }
  }
}

/**
 * Takes the notifications, which are for every session, out of an answer of the engine, which is for the asker.
 * @param {Uint8Array} output
 * @returns {{ reply: Uint8Array, notifications: Uint8Array | null, inTransaction: boolean | null }} `inTransaction` as
 * the last ReadyForQuery tells it; null without one
 */
export function splitAnswer(output) {
  const buffer = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  const notifications = [];
  const rest = [];
  let restStart = 0;
  let inTransaction = null;
  for (let position = 0; position + 5 <= buffer.length;) {
    const end = position + 1 + buffer.readInt32BE(position + 1);
    if (buffer[position] === READY_FOR_QUERY) inTransaction = buffer[position + 5] !== IDLE;
    if (buffer[position] === NOTIFICATION) {
      rest.push(buffer.subarray(restStart, position));
      notifications.push(buffer.subarray(position, end));
      restStart = end;
    }
    position = end;
  }
  if (notifications.length === 0) return { reply: output, notifications: null, inTransaction };
  rest.push(buffer.subarray(restStart));
  return { reply: join(rest), notifications: join(notifications), inTransaction };
}

/** The server's answer to a request for TLS or GSS encryption: no. */
export const encryptionRefusal = () => Uint8Array.of(0x4e);

export const syncMessage = () => Uint8Array.of(SYNC, 0, 0, 0, 4);

/**
 * @param {string} sql
 */
export function queryMessage(sql) {
  return message(QUERY, Buffer.from(`${sql}\0`));
}

/**
 * An ErrorResponse that ends the session.
 * @param {string} sqlState
 * @param {string} text
 */
export function fatalError(sqlState, text) {
  return message(0x45, Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`));
}

/**
 * @param {number} type
 * @param {Buffer} body
 */
function message(type, body) {
  const bytes = Buffer.alloc(5 + body.length);
  bytes[0] = type;
  bytes.writeInt32BE(4 + body.length, 1);
  body.copy(bytes, 5);
  return new Uint8Array(bytes);
}

/**
 * @param {Uint8Array[]} parts
 */
function join(parts) {
  return new Uint8Array(Buffer.concat(parts));
}
