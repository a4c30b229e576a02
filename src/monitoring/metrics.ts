import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Execution } from '../search/execution.ts';
import { within } from '../shared/within.ts';

const OPERATION_TYPES = ['query', 'mutation', 'subscription'] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];

/** What is read when the metrics are. */
export interface MetricSources {
  /** What waits for ClickHouse: events, the age of the oldest, and of the oldest that has not taught, in milliseconds. */
  outbox(): Promise<{ depth: number; lagMs: number; unlearnedMs: number }>;
  deadLetters(): Promise<number>;
  /** How long the posteriors in memory have not been renewed though they should be, in milliseconds. */
  posteriorsAwayMs(): number;
  subscribers(): number;
  /** Executions that could not be written down, since the start. */
  droppedExecutions(): number;
}

export interface Metrics {
  /** An operation was answered; for a subscription: it began, or was refused. */
  operation(type: OperationType, outcome: 'ok' | 'error', elapsedMs: number): void;
  search(execution: Pick<Execution, 'timing' | 'contextLevel' | 'warnings'>): void;
  /** In Prometheus's text format. */
  render(): Promise<{ contentType: string; text: string }>;
}

/** A scrape is answered in this time, with NaN for what cannot be read. */
const READ_WITHIN_MS = 2_000;

/** From a cache hit to the limit of a request. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics in a registry of their own: two servers in one process do not mix. Times are in seconds, as Prometheus has them. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { operation, search } = createRequestMetrics(registry);
  const refresh = createGauges(registry, sources);
  return {
    operation,
    search,
    async render() {
      await refresh();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function createRequestMetrics(registry: Registry): Pick<Metrics, 'operation' | 'search'> {
  const registers = [registry];
  const operations = new Histogram({
    name: 'attune_operation_seconds',
    help: 'GraphQL operations by type and outcome, over HTTP, SSE and WebSocket: how many, and how long they took.',
    labelNames: ['type', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const stages = new Histogram({
    name: 'attune_search_seconds',
    help: 'Searches by stage: total, embedding, feature_search (one a feature), sampling, fusion.',
    labelNames: ['stage'],
    buckets: BUCKETS,
    registers,
  });
  const searches = new Counter({
    name: 'attune_searches_total',
    help: 'Searches by the context level whose weights served them; none: static fusion.',
    labelNames: ['context_level'],
    registers,
  });
  const warnings = new Counter({
    name: 'attune_search_warnings_total',
    help: 'Warnings in the results of searches: a feature that failed, weights that may be old.',
    registers,
  });
  // there from the start, so that the first of a kind is seen as an increase
  for (const type of OPERATION_TYPES) for (const outcome of ['ok', 'error']) operations.zero({ type, outcome });
  return {
    operation: (type, outcome, elapsedMs) => operations.observe({ type, outcome }, elapsedMs / 1_000),
    search({ timing, contextLevel, warnings: { length } }) {
      const observe = (stage: string, ms: number) => stages.observe({ stage }, ms / 1_000);
      observe('total', timing.totalMs);
      observe('embedding', timing.embeddingMs);
      observe('sampling', timing.samplingMs);
      observe('fusion', timing.fusionMs);
      for (const { ms } of timing.searches) observe('feature_search', ms);
      searches.inc({ context_level: contextLevel ?? 'none' });
      warnings.inc(length);
    },
  };
}

/** Returns the way to read all sources anew. */
function createGauges(registry: Registry, sources: MetricSources): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const rows = gauge('attune_outbox_rows', 'Events that are committed and not yet in ClickHouse.');
  const lag = gauge('attune_outbox_lag_seconds', 'Age of the oldest event that is not yet in ClickHouse.');
  const age = gauge(
    'attune_posterior_age_seconds',
    'How old feedback may be that the weights of searches do not know yet.',
  );
  const subscribers = gauge('attune_subscribers', 'Subscriptions that are open on this server.');
  const dead = gauge('attune_dead_letters', 'Batches that ClickHouse refused for good; see attune dead-letters.');
  const dropped = new Counter({
    name: 'attune_events_dropped_total',
    help: 'Events lost since the start: interactions never are; executions while Postgres is away for too long.',
    labelNames: ['kind'],
    registers: [registry],
  });
  return async () => {
    const [outbox, deadLetters] = await Promise.all([
      within(sources.outbox(), READ_WITHIN_MS).catch(() => ({ depth: NaN, lagMs: NaN, unlearnedMs: NaN })),
      within(sources.deadLetters(), READ_WITHIN_MS).catch(() => NaN),
    ]);
    rows.set(outbox.depth);
    lag.set(outbox.lagMs / 1_000);
    age.set(Math.max(outbox.unlearnedMs, sources.posteriorsAwayMs()) / 1_000);
    subscribers.set(sources.subscribers());
    dead.set(deadLetters);
    dropped.reset();
    dropped.inc({ kind: 'interaction' }, 0);
    dropped.inc({ kind: 'execution' }, sources.droppedExecutions());
  };
}
