import path from 'node:path';
import { z } from 'zod';
import { limitsIn, limitVariables } from './config-limits.ts';
import { defaultLearningCaps, type LearningCaps } from './interactions/learning-caps.ts';
import { defaultGuards, type Guards } from './server/guards.ts';
import type { Limits } from './server/limits.ts';
import { OperatorError } from './shared/errors.ts';

/** All that the environment decides. The README's table of variables is this file in words. */
export interface Config {
  port: number;
  host: string;
  /** Where the embedded engines keep their data, absolute. */
  dataDir: string;
  adminKey: string | null;
  /** Null: only into an empty embedded store. */
  demo: boolean | null;
  /** Null: embedded. */
  databaseUrl: string | null;
  clickhouseUrl: string | null;
  /** The cluster of replicas that the server at `clickhouseUrl` belongs to; null: it stands alone. */
  clickhouseCluster: string | null;
  /** JSON, read by the extractor registry. */
  featureAliases: string | null;
  /** The environment itself: providers of embeddings look their keys up by name. */
  providerKeys: Readonly<Record<string, string | undefined>>;
  corsOrigins: readonly string[];
  guards: Guards;
  limits: Limits;
  /** Events that one `recordInteractions` may bring. */
  maxInteractions: number;
  /** A file or folder of operations that clients may name; null: none. */
  operations: string | null;
  /** Takes no others. */
  operationsOnly: boolean;
  /** Whether anybody may read the schema. */
  introspection: boolean;
  learningCaps: LearningCaps;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Lets a scraper read /metrics; null: only the admin key may. */
  metricsToken: string | null;
  /** Where traces go; null: nowhere. */
  otlpEndpoint: string | null;
  serviceName: string;
  /** For how long a server that is told to stop goes on serving while /health/ready says that it will. */
  shutdownDelayMs: number;
}

const url = (protocols: readonly string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

const whole = (what: string, max: number) => z.coerce.number({ error: what }).int(what).min(0, what).max(max, what);
const rate = () => whole('must be a number of operations a minute; 0 is no limit', 1e9);

const clicks = () => whole('must be a number of clicks; 0 is no cap', 1e9);

const onOrOff = () => z.enum(['0', '1'], { error: 'must be 0 or 1' });

const variables = z.object({
  PORT: z.coerce.number({ error: 'must be a port number, 0 to 65535' }).int().min(0).max(65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  ATTUNE_DATA_DIR: z.string().min(1).default('.attune'),
  ATTUNE_ADMIN_KEY: z.string().min(24, { error: 'must have 24 or more characters' }).optional(),
  ATTUNE_DEMO: onOrOff().optional(),
  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  CLICKHOUSE_URL: url(['http:', 'https:']).optional(),
  ATTUNE_CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[\w.-]+$/, { error: 'must be the name of a cluster: letters, digits, _, . and -' })
    .optional(),
  ATTUNE_FEATURES: z.string().optional(),
  ATTUNE_CORS_ORIGINS: z.string().default(''),
  ATTUNE_RATE_LIMIT_IP: rate().default(defaultGuards.ratePerAddress),
  ATTUNE_RATE_LIMIT_KEY: rate().default(defaultGuards.ratePerKey),
  ...limitVariables,
  ATTUNE_OPERATIONS: z.string().optional(),
  ATTUNE_OPERATIONS_ONLY: onOrOff().default('0'),
  ATTUNE_INTROSPECTION: onOrOff().default('1'),
  ATTUNE_LEARNING_CAP: clicks().default(defaultLearningCaps.clicksPerClient),
  ATTUNE_LEARNING_CAP_SHARE: z.coerce
    .number({ error: 'must be a share, 0 to 1' })
    .min(0, 'must be a share, 0 to 1')
    .max(1, 'must be a share, 0 to 1')
    .default(defaultLearningCaps.share),
  ATTUNE_LEARNING_CAP_USER: clicks().default(defaultLearningCaps.clicksPerTrustedUser),
  ATTUNE_LEARNING_CAP_KEY: clicks().default(defaultLearningCaps.clicksPerKey),
  ATTUNE_LEARNING_CAP_HOURS: whole('must be a number of hours, 1 to 168', 168)
    .min(1, 'must be a number of hours, 1 to 168')
    .default(defaultLearningCaps.windowHours),
  ATTUNE_TRUST_PROXY: whole('must be the number of proxies before the server, 0 to 10', 10).default(0),
  ATTUNE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
    .default('warn'),
  ATTUNE_METRICS_TOKEN: z.string().min(16, { error: 'must have 16 or more characters' }).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:']).optional(),
  OTEL_SERVICE_NAME: z.string().default('attune'),
  ATTUNE_SHUTDOWN_DELAY: z.coerce
    .number({ error: 'must be a number of seconds, 0 to 60' })
    .min(0, { error: 'must be a number of seconds, 0 to 60' })
    .max(60, { error: 'must be a number of seconds, 0 to 60' })
    .default(0),
});

const environment = variables
  .refine((given) => given.ATTUNE_OPERATIONS_ONLY === '0' || given.ATTUNE_OPERATIONS, {
    path: ['ATTUNE_OPERATIONS_ONLY'],
    error: 'needs ATTUNE_OPERATIONS, which says what to allow',
  })
  .refine((given) => given.ATTUNE_CLICKHOUSE_CLUSTER === undefined || given.CLICKHOUSE_URL !== undefined, {
    path: ['ATTUNE_CLICKHOUSE_CLUSTER'],
    error: 'needs CLICKHOUSE_URL, since the embedded engine is no cluster',
  });

/** @throws OperatorError that names every variable at fault and what it must be; an empty variable counts as absent */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new OperatorError(`The configuration is not valid: ${faults.join('; ')}.`);
  }
  const values = parsed.data;
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: path.resolve(values.ATTUNE_DATA_DIR),
    adminKey: values.ATTUNE_ADMIN_KEY ?? null,
    demo: values.ATTUNE_DEMO === undefined ? null : values.ATTUNE_DEMO === '1',
    databaseUrl: values.DATABASE_URL ?? null,
    clickhouseUrl: values.CLICKHOUSE_URL ?? null,
    clickhouseCluster: values.ATTUNE_CLICKHOUSE_CLUSTER ?? null,
    featureAliases: values.ATTUNE_FEATURES ?? null,
    providerKeys: given,
    corsOrigins: values.ATTUNE_CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    guards: {
      ratePerAddress: values.ATTUNE_RATE_LIMIT_IP,
      ratePerKey: values.ATTUNE_RATE_LIMIT_KEY,
      trustedProxies: values.ATTUNE_TRUST_PROXY,
    },
    limits: limitsIn(values),
    maxInteractions: values.ATTUNE_MAX_INTERACTIONS,
    operations: values.ATTUNE_OPERATIONS === undefined ? null : path.resolve(values.ATTUNE_OPERATIONS),
    operationsOnly: values.ATTUNE_OPERATIONS_ONLY === '1',
    introspection: values.ATTUNE_INTROSPECTION === '1',
    learningCaps: {
      clicksPerClient: values.ATTUNE_LEARNING_CAP,
      share: values.ATTUNE_LEARNING_CAP_SHARE,
      clicksPerTrustedUser: values.ATTUNE_LEARNING_CAP_USER,
      clicksPerKey: values.ATTUNE_LEARNING_CAP_KEY,
      windowHours: values.ATTUNE_LEARNING_CAP_HOURS,
    },
    logLevel: values.ATTUNE_LOG_LEVEL,
    metricsToken: values.ATTUNE_METRICS_TOKEN ?? null,
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    serviceName: values.OTEL_SERVICE_NAME,
    shutdownDelayMs: values.ATTUNE_SHUTDOWN_DELAY * 1_000,
  };
}
