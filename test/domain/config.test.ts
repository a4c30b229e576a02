import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

describe('the configuration', () => {
  test('has defaults for everything: embedded engines, loopback, port 4000', () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      dataDir: path.resolve('.attune'),
      adminKey: null,
      demo: null,
      databaseUrl: null,
      clickhouseUrl: null,
      clickhouseCluster: null,
      featureAliases: null,
      providerKeys: {},
      corsOrigins: [],
      guards: { ratePerAddress: 120_000, ratePerKey: 120_000, trustedProxies: 0 },
      limits: {
        depth: 10,
        cost: 5_000,
        aliases: 15,
        tokens: 1_000,
        bodyBytes: 262_144,
        frameBytes: 131_072,
        subscriptionsPerConnection: 100,
        pageSize: 100,
        requestMs: 10_000,
      },
      maxInteractions: 1_000,
      operations: null,
      operationsOnly: false,
      introspection: true,
      learningCaps: {
        clicksPerClient: 5,
        share: 0.001,
        clicksPerTrustedUser: 500,
        clicksPerKey: 100_000,
        windowHours: 24,
      },
      logLevel: 'warn',
      metricsToken: null,
      otlpEndpoint: null,
      serviceName: 'attune',
      shutdownDelayMs: 0,
    });
  });

  test('takes an empty variable as absent', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readConfig({}));
  });

  test.each([
    [{ PORT: 'http' }, 'PORT must be a port number, 0 to 65535'],
    [{ PORT: '70000' }, 'PORT'],
    [{ ATTUNE_ADMIN_KEY: 'short' }, 'ATTUNE_ADMIN_KEY must have 24 or more characters'],
    [{ ATTUNE_DEMO: 'yes' }, 'ATTUNE_DEMO must be 0 or 1'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must be a URL that starts with postgres:// or postgresql://'],
    [{ CLICKHOUSE_URL: '127.0.0.1:8123' }, 'CLICKHOUSE_URL must be a URL that starts with http:// or https://'],
    [{ ATTUNE_CLICKHOUSE_CLUSTER: 'main' }, 'ATTUNE_CLICKHOUSE_CLUSTER needs CLICKHOUSE_URL'],
    [
      { CLICKHOUSE_URL: 'http://host', ATTUNE_CLICKHOUSE_CLUSTER: "a'b" },
      'ATTUNE_CLICKHOUSE_CLUSTER must be the name of a cluster',
    ],
    [{ ATTUNE_RATE_LIMIT_IP: '-1' }, 'ATTUNE_RATE_LIMIT_IP must be a number of operations a minute; 0 is no limit'],
    [{ ATTUNE_LEARNING_CAP_SHARE: '2' }, 'ATTUNE_LEARNING_CAP_SHARE must be a share, 0 to 1'],
    [{ ATTUNE_LEARNING_CAP_HOURS: '0' }, 'ATTUNE_LEARNING_CAP_HOURS must be a number of hours, 1 to 168'],
    [{ ATTUNE_TRUST_PROXY: 'yes' }, 'ATTUNE_TRUST_PROXY must be the number of proxies before the server, 0 to 10'],
    [{ ATTUNE_METRICS_TOKEN: 'short' }, 'ATTUNE_METRICS_TOKEN must have 16 or more characters'],
    [{ ATTUNE_SHUTDOWN_DELAY: '61' }, 'ATTUNE_SHUTDOWN_DELAY must be a number of seconds, 0 to 60'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL'],
    [{ ATTUNE_MAX_DEPTH: '0' }, 'ATTUNE_MAX_DEPTH must be a whole number, 1 to 100'],
    [{ ATTUNE_MAX_COST: '1.5' }, 'ATTUNE_MAX_COST must be a whole number, 1 to 1000000'],
    [{ ATTUNE_MAX_ALIASES: '-1' }, 'ATTUNE_MAX_ALIASES must be a whole number, 0 to 1000'],
    [{ ATTUNE_MAX_TOKENS: 'many' }, 'ATTUNE_MAX_TOKENS must be a whole number, 1 to 100000'],
    [{ ATTUNE_MAX_BODY: '0' }, 'ATTUNE_MAX_BODY must be a whole number of kB, 1 to 65536'],
    [{ ATTUNE_MAX_FRAME: '1e9' }, 'ATTUNE_MAX_FRAME must be a whole number of kB, 1 to 65536'],
    [{ ATTUNE_MAX_SUBSCRIPTIONS: '0' }, 'ATTUNE_MAX_SUBSCRIPTIONS must be a whole number, 1 to 10000'],
    [{ ATTUNE_MAX_PAGE: '24' }, 'ATTUNE_MAX_PAGE must be a whole number, 25 to 1000'],
    [{ ATTUNE_MAX_INTERACTIONS: '0' }, 'ATTUNE_MAX_INTERACTIONS must be a whole number, 1 to 10000'],
    [{ ATTUNE_REQUEST_TIMEOUT: '0' }, 'ATTUNE_REQUEST_TIMEOUT must be a whole number of seconds, 1 to 600'],
    [{ ATTUNE_INTROSPECTION: 'off' }, 'ATTUNE_INTROSPECTION must be 0 or 1'],
    [{ ATTUNE_OPERATIONS_ONLY: '1' }, 'ATTUNE_OPERATIONS_ONLY needs ATTUNE_OPERATIONS, which says what to allow'],
    [{ ATTUNE_LOG_LEVEL: 'loud' }, 'ATTUNE_LOG_LEVEL must be debug, info, warn, error or silent'],
  ])('says what is wrong with %j', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
  });

  test('says one thing of a variable, however much is wrong with it', () => {
    expect(() => readConfig({ ATTUNE_MAX_DEPTH: '-1.5' })).toThrow(
      'The configuration is not valid: ATTUNE_MAX_DEPTH must be a whole number, 1 to 100.',
    );
  });

  test('names every fault at once', () => {
    expect(() => readConfig({ PORT: 'x', ATTUNE_DEMO: 'x' })).toThrow(/PORT .*; ATTUNE_DEMO/);
  });
});
