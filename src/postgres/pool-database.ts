import pg from 'pg';
import type { Logger } from '../shared/logger.ts';
import { explainLoss } from './connection-loss.ts';
import type { Database, Queryable, QueryOptions } from './database.ts';
import { listenOn } from './listen-session.ts';
import { PoolSession, SessionTransaction } from './pool-session.ts';

export interface PoolDatabaseOptions {
  kind: Database['kind'];
  /** For the pool and for sessions outside of it. */
  clientConfig: pg.ClientConfig;
  poolConfig: pg.PoolConfig;
  /** A statement that has no answer by then has lost its server. Left out: there is none to lose. */
  queryTimeoutMs?: number;
  logger: Logger;
  /** Frees what is behind the pool, after its connections are closed. */
  release(): Promise<void>;
}

/** A Database over a `pg.Pool`. */
export class PoolDatabase implements Database {
  readonly kind: Database['kind'];
  readonly #options: PoolDatabaseOptions;
  readonly #pool: pg.Pool;
  readonly #listeners = new Set<() => Promise<void>>();
  #closed: Promise<void> | null = null;

  constructor(options: PoolDatabaseOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#pool = new pg.Pool({ ...options.clientConfig, ...options.poolConfig });
    this.#pool.on('error', (error) => options.logger.warn({ err: error }, 'Lost an idle connection to Postgres'));
    // an error that nobody listens to ends the process; this covers the moments between the pool's listener and the session's
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async query<Row extends object>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]> {
    return await this.#withSession(async (session) => (await session.run<Row>(sql, values, options)).rows);
  }

  async transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    return await this.#withSession(async (session) => {
      await session.run('begin');
      const transaction = new SessionTransaction(session);
      let result: Result;
      try {
        result = await work(transaction);
      } catch (error) {
        await transaction.rollback();
        throw error;
      }
      await transaction.commit();
      return result;
    });
  }

  /** Lends one connection of the pool to code that needs `pg` itself; it must leave no transaction open. */
  async withClient<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
    return await this.#withSession((session) => work(session.client));
  }

  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<() => Promise<void>> {
    const stop = await listenOn({
      connect: () => new pg.Client(this.#options.clientConfig),
      channel,
      onNotify,
      onReconnect,
      logger: this.#options.logger,
    });
    this.#listeners.add(stop);
    return async () => {
      this.#listeners.delete(stop);
      await stop();
    };
  }

  /** True when no query runs or waits. */
  get isIdle(): boolean {
    return this.#pool.waitingCount === 0 && this.#pool.idleCount === this.#pool.totalCount;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #withSession<Result>(work: (session: PoolSession) => Promise<Result>): Promise<Result> {
    try {
      const session = new PoolSession(await this.#pool.connect(), this.#options.queryTimeoutMs);
      try {
        return await work(session);
      } finally {
        session.release();
      }
    } catch (error) {
      throw explainLoss(error);
    }
  }

  async #close(): Promise<void> {
    await Promise.all(Array.from(this.#listeners, (stop) => stop()));
    await this.#pool.end();
    await this.#options.release();
  }
}
