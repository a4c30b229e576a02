import type { ClickHouseClient } from '@clickhouse/client';

/** One ClickHouse, embedded (chDB in a child process) or by URL, behind the same HTTP client. */
export interface Warehouse {
  readonly kind: 'embedded' | 'server';
  /** Whose every replica has the tables; null: there is one server. */
  readonly cluster: string | null;
  /** Bound to the warehouse's database: statements name tables without it. */
  readonly client: ClickHouseClient;
  /** Ends the client's connections and, embedded, the child process. */
  close(): Promise<void>;
}
