import pg from 'pg';
import type { Queryable, QueryOptions } from './database.ts';
import { statementName } from './statement-names.ts';

/** `pg` takes the timeout with each query as well, which its types do not say. */
type TimedQuery = pg.QueryConfig & { query_timeout: number | undefined };

/** One connection lent by a pool, until `release`. */
export class PoolSession {
  readonly client: pg.PoolClient;
  readonly #queryTimeoutMs: number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #loss: Error | null = null;
  #isDoubtful = false;
  readonly #onError = (error: Error): void => {
    this.#loss ??= error;
  };

  constructor(client: pg.PoolClient, queryTimeoutMs?: number) {
    this.client = client;
    this.#queryTimeoutMs = queryTimeoutMs;
    client.on('error', this.#onError);
  }

  /** Whether it is lost or in an unknown state, so that nothing more can be asked of it. */
  get isGone(): boolean {
    return this.#isDoubtful || this.#loss !== null;
  }

  /** Statements run one after another, even when the caller does not wait: `pg` gives up queueing them itself. */
  run<Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
    { prepare = false }: QueryOptions = {},
  ): Promise<pg.QueryResult<Row>> {
    const result = this.#last.then(() => this.#runNow<Row>(sql, values, prepare));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Gives the connection back; one that is lost or in an unknown state is closed instead. */
  release(): void {
    this.client.off('error', this.#onError);
    this.client.release(this.isGone);
  }

  async #runNow<Row extends object>(
    text: string,
    values: readonly unknown[],
    prepare: boolean,
  ): Promise<pg.QueryResult<Row>> {
    const name = prepare ? statementName(this.client, text) : null;
    try {
      const query: TimedQuery = { text, values: [...values], query_timeout: this.#queryTimeoutMs };
      return await this.client.query<Row>(name === null ? query : { ...query, name });
    } catch (error) {
      if (!isStatementError(error)) this.#isDoubtful = true;
      // on a lost connection `pg` only remarks that it cannot be used: why it was lost says more
      throw this.#loss ?? error;
    }
  }
}

/** A transaction as its user sees it: statements that come after its end are refused, lest they run outside of it. */
export class SessionTransaction implements Queryable {
  readonly #session: PoolSession;
  #hasEnded = false;

  constructor(session: PoolSession) {
    this.#session = session;
  }

  async query<Row extends object>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<Row[]> {
    if (this.#hasEnded) throw new Error('The transaction has ended; wait for every query in it before it does.');
    return (await this.#session.run<Row>(sql, values, options)).rows;
  }

  async commit(): Promise<void> {
    this.#hasEnded = true;
    const { command } = await this.#session.run('commit');
    // what COMMIT does after a statement has failed, without calling it an error
    if (command === 'ROLLBACK') throw new Error('The transaction was rolled back: a statement in it had failed.');
  }

  async rollback(): Promise<void> {
    this.#hasEnded = true;
    if (this.#session.isGone) return;
    // if this fails the session is gone, and the transaction with it
    await this.#session.run('rollback').catch(() => {});
  }
}

/** An error of the SQL, after which the session is as good as before. A server that translates FATAL and ERROR costs a connection. */
function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}
