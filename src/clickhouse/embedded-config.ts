import { createHash } from 'node:crypto';

/** The user that the embedded engine's HTTP interface is used as. */
export const EMBEDDED_USER = 'attune';

const MiB = 1024 * 1024;

/**
 * What keeps the engine small beside an application: ClickHouse's own defaults are made for a machine to itself
 * (nine tenths of the memory, gigabytes of caches).
 */
const LIMITS = {
  max_server_memory_usage: 2048 * MiB,
  mark_cache_size: 64 * MiB,
  index_mark_cache_size: 16 * MiB,
  primary_index_cache_size: 64 * MiB,
  query_condition_cache_size: 16 * MiB,
  compiled_expression_cache_size: 16 * MiB,
  // idle threads are let go, each with the memory it has cached
  max_thread_pool_free_size: 16,
};

const PROFILE = {
  max_memory_usage: 1024 * MiB,
  max_threads: 2,
  // on by default in the local engine, off in a server: whatever is no statement would be taken for an expression
  implicit_select: 0,
};

export interface EmbeddedConfigOptions {
  /** Where the file will be: it also serves as the users file. */
  file: string;
  password: string;
}

/**
 * The engine's configuration file. Its own session always signs in as `default` without a password, and so could any
 * local process over HTTP; hence that user is granted what the session runs and nothing else, no table and no file.
 */
export function embeddedConfig({ file, password }: EmbeddedConfigOptions): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return `<clickhouse>
  <logger><level>none</level><console>0</console></logger>
  ${elements(LIMITS)}
  <users_config>${escape(file)}</users_config>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
    <${EMBEDDED_USER}>
      <password_sha256_hex>${hash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </${EMBEDDED_USER}>
  </users>
  <profiles><default>${elements(PROFILE)}</default></profiles>
  <quotas><default></default></quotas>
</clickhouse>
`;
}

function elements(settings: Record<string, number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('\n  ');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
