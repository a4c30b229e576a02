// @ts-check
import { clearTimeout, setTimeout } from 'node:timers';
import {
  ClientReader,
  encryptionRefusal,
  fatalError,
  queryMessage,
  splitAnswer,
  syncMessage,
} from './wire-messages.mjs';

/**
 * @typedef {object} Connection
 * @property {ClientReader} reader
 * @property {import('./wire-messages.mjs').Batch[]} waiting
 */

/**
 * @typedef {object} MultiplexerPorts
 * @property {(bytes: Uint8Array) => Promise<Uint8Array>} execute the engine: one batch in, its whole answer out
 * @property {(connection: number, bytes: Uint8Array) => void} send
 * @property {(connection: number) => void} end tells that the server has closed the connection
 * @property {(error: unknown) => void} onFailure the engine is lost
 * @property {number} idleInTransactionMs a transaction left waiting this long is rolled back, since it blocks everyone
 */

/**
 * Many connections to an engine that has one session. Batches run one at a time and are never mixed, so a statement
 * parsed for one client is never bound for another; a connection inside a transaction has the engine to itself.
 * What the session keeps between batches is shared all the same: SET, advisory locks, named statements, LISTEN.
 */
export class WireMultiplexer {
  /** @type {MultiplexerPorts} */
  #ports;
  /** In the order in which they are served. @type {Map<number, Connection>} */
  #connections = new Map();
  /** The connection inside a transaction or an unfinished batch. @type {number | null} */
  #holder = null;
  #holderUnfinished = false;
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idleTimer;

  /** @param {MultiplexerPorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {number} id */
  open(id) {
    this.#connections.set(id, { reader: new ClientReader(), waiting: [] });
  }

  /**
   * @param {number} id
   * @param {Uint8Array} chunk
   */
  receive(id, chunk) {
    const connection = this.#connections.get(id);
    if (!connection) return;
    for (const demand of connection.reader.read(chunk)) {
      if (demand.kind === 'encryptionRequest') this.#ports.send(id, encryptionRefusal());
      else if (demand.kind === 'terminate') this.close(id);
      else connection.waiting.push(demand);
    }
    this.#pump();
  }

  /**
   * Forgets the connection; if it was in a transaction, that is rolled back before anyone else is served.
   * @param {number} id
   */
  close(id) {
    if (!this.#connections.delete(id)) return;
    this.#ports.end(id);
    this.#pump();
  }

  #pump() {
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#idleTimer);
    this.#drain()
      .catch((/** @type {unknown} */ error) => this.#ports.onFailure(error))
      .finally(() => {
        this.#running = false;
        if (this.#holder !== null) this.#startIdleTimer(this.#holder);
      });
  }

  async #drain() {
    for (;;) {
      if (this.#holder !== null && !this.#connections.has(this.#holder)) await this.#releaseHolder();
      const id = this.#holder ?? this.#nextInTurn();
      const connection = id === null ? undefined : this.#connections.get(id);
      const demand = connection?.waiting.shift();
      if (id === null || !connection || !demand) return;
      // to the end of the line
      this.#connections.delete(id);
      this.#connections.set(id, connection);
      const { reply, inTransaction } = await this.#execute(demand.bytes);
      if (this.#connections.has(id)) this.#ports.send(id, reply);
      this.#holderUnfinished = demand.kind === 'unfinished';
      this.#holder = this.#holderUnfinished || inTransaction ? id : null;
    }
  }

  #nextInTurn() {
    for (const [id, connection] of this.#connections) if (connection.waiting.length > 0) return id;
    return null;
  }

  async #releaseHolder() {
    if (this.#holderUnfinished) {
      const { inTransaction } = await this.#execute(syncMessage());
      if (inTransaction) await this.#execute(queryMessage('rollback'));
    } else {
      await this.#execute(queryMessage('rollback'));
    }
    this.#holder = null;
    this.#holderUnfinished = false;
  }

  /** @param {Uint8Array} bytes */
  async #execute(bytes) {
    const { reply, notifications, inTransaction } = splitAnswer(await this.#ports.execute(bytes));
    // the engine knows one session, so it cannot tell who listens: everyone hears it, clients go by the channel
    if (notifications) for (const id of this.#connections.keys()) this.#ports.send(id, notifications.slice());
    return { reply, inTransaction };
  }

  /** @param {number} holder */
  #startIdleTimer(holder) {
    this.#idleTimer = setTimeout(() => {
      this.#ports.send(holder, fatalError('25P03', 'terminating connection due to idle-in-transaction timeout'));
      this.close(holder);
    }, this.#ports.idleInTransactionMs);
  }
}
