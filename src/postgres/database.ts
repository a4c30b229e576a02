/**
 * Runs SQL. `Row` is what the caller knows of the result's columns; `$1` parameters only, never spliced values.
 *
 * Columns arrive as: bigint and count(*) a number (a BigInt beyond 2^53), timestamptz a Date, jsonb parsed,
 * bytea a Buffer, arrays as arrays, vector and numeric as text (see vector-codec.ts for vectors).
 * Parameters: a Date for timestamptz, a Buffer for bytea and for vectors, an array for arrays;
 * jsonb as JSON.stringify(value), since a plain array would be taken for a Postgres array.
 */
export interface Queryable {
  /** @throws pg.DatabaseError with the SQLSTATE in `code`, the same on both kinds of database; UnavailableError without an answer */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Row[]>;
}

export interface QueryOptions {
  /**
   * For one of few texts that run again and again: a connection parses it once, and plans it once where the plan does not
   * hang on the values (Postgres compares costs: https://www.postgresql.org/docs/current/sql-prepare.html). On PGlite that
   * is most of what a short statement costs. Default false.
   */
  prepare?: boolean;
}

/**
 * One Postgres, embedded (PGlite in a worker thread) or by URL, behind the same `pg.Pool`.
 * Both speak the wire protocol, so SQL, types and SQLSTATE codes are the same.
 *
 * The embedded one has a single session for all: use SET LOCAL instead of SET, no session advisory locks, no statements
 * named by hand, no COPY FROM STDIN, and never `query` of the database inside of `transaction` (it waits for its end).
 */
export interface Database extends Queryable {
  readonly kind: 'embedded' | 'server';
  /**
   * BEGIN … COMMIT around `work`; any throw rolls back and is rethrown. Keep it short: embedded, it blocks every other
   * session, and is rolled back when left idle.
   */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  /**
   * LISTEN on a dedicated session that is re-established after a loss. Notifications are hints: none is delivered
   * to who was away, so `onReconnect` is called for the listener to re-read. Returns the way to stop.
   */
  listen(channel: string, onNotify: (payload: string) => void, onReconnect: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
