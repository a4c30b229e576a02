import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { CLUSTER_SETTINGS } from './cluster.ts';

export const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 10;

export interface WarehouseClientOptions {
  /** http(s)://user:password@host:port; what follows is not looked at. */
  url: string;
  database: string;
  requestTimeoutMs?: number;
  /** Whether the server is one of several replicas. */
  replicated?: boolean;
}

/** A client whose every request is bounded in time, at both ends, and reads and writes what the stores rely on. */
export function createWarehouseClient(options: WarehouseClientOptions): ClickHouseClient {
  const { url, database, requestTimeoutMs = REQUEST_TIMEOUT_MS, replicated = false } = options;
  const address = new URL(url);
  // the client would take the path for the database as it stands, percent signs and all
  address.pathname = '';
  return createClient({
    url: address,
    database,
    application: 'attune',
    request_timeout: requestTimeoutMs,
    max_open_connections: MAX_CONNECTIONS,
    // a socket that has idled is dropped well before any server or proxy drops it under a request
    keep_alive: { enabled: true, idle_socket_ttl: 2_000, eagerly_destroy_stale_sockets: true },
    // small messages: over loopback compressing costs more than it saves
    compression: { request: false, response: false },
    // parameters in the body once they are long, where a proxy's limit on URLs does not reach them
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      // the server goes on with a request that its client gave up
      max_execution_time: Math.ceil(requestTimeoutMs / 1_000),
      cancel_http_readonly_queries_on_client_close: 1,
      date_time_input_format: 'best_effort',
      // 64-bit integers as strings: JSON numbers would lose digits
      output_format_json_quote_64bit_integers: 1,
      ...(replicated && CLUSTER_SETTINGS),
    },
  });
}
