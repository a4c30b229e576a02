import type { Warehouse } from './clickhouse/warehouse.ts';
import type { DeadLetterStore } from './interactions/dead-letter-store.ts';
import type { PosteriorCache } from './learning/posterior-cache.ts';
import { createHealth, type Health, type PartHealth } from './monitoring/health.ts';
import { createMetrics, type Metrics } from './monitoring/metrics.ts';
import type { Database } from './postgres/database.ts';
import type { RunningRelay } from './compose-relay.ts';
import type { Clock } from './shared/clock.ts';

const TRY_AGAIN_AFTER_MS = 10_000;

const CONSEQUENCES = {
  postgres: 'Postgres does not answer: nothing works without it.',
  clickhouse: 'ClickHouse does not answer: searches go on with the weights that are known, feedback is kept for it.',
  embeddings: 'A model could not be loaded: searches go on without its features, and it is tried again.',
  relay: 'Feedback does not reach ClickHouse: it is kept, and sent as soon as it can be.',
};

export interface MonitoringParts {
  database: Database;
  warehouse: Warehouse;
  relay: Pick<RunningRelay, 'status'>;
  deadLetters: Pick<DeadLetterStore, 'count'>;
  posteriors: Pick<PosteriorCache, 'awayMs'>;
  subscribers: () => number;
  droppedExecutions: () => number;
  /** Loads the models that searches need. */
  warmUp: () => Promise<void>;
  clock: Clock;
}

export interface Monitoring {
  health: Health;
  metrics: Metrics;
  /** As in the parts; how it went is part of the health. */
  warmUp(): Promise<void>;
}

export function openMonitoring(parts: MonitoringParts): Monitoring {
  const { database, warehouse, relay, deadLetters, clock } = parts;
  const embeddings = watchWarmUp(parts.warmUp, clock);
  const health = createHealth({
    clock,
    consequences: CONSEQUENCES,
    checks: {
      async postgres() {
        await database.query('select 1');
        return { status: 'up' };
      },
      async clickhouse() {
        const { success } = await warehouse.client.ping({ select: true });
        return { status: success ? 'up' : 'down' };
      },
      embeddings: embeddings.health,
      async relay() {
        const { lastError } = await relay.status();
        return { status: lastError === null ? 'up' : 'down' };
      },
    },
  });
  const metrics = createMetrics({
    outbox: () => relay.status(),
    deadLetters: () => deadLetters.count(),
    posteriorsAwayMs: () => parts.posteriors.awayMs(),
    subscribers: parts.subscribers,
    droppedExecutions: parts.droppedExecutions,
  });
  return { health, metrics, warmUp: embeddings.warmUp };
}

/** Whether the models are loaded; where that failed, being asked is reason to try again now and then. */
function watchWarmUp(load: () => Promise<void>, clock: Clock) {
  let health: PartHealth = { status: 'starting', message: 'Models are being loaded.' };
  let failedAt = 0;
  async function warmUp(): Promise<void> {
    try {
      await load();
      health = { status: 'up' };
    } catch (error) {
      health = { status: 'down' };
      failedAt = clock.now();
      throw error;
    }
  }
  return {
    warmUp,
    health(): PartHealth {
      if (health.status === 'down' && clock.now() - failedAt >= TRY_AGAIN_AFTER_MS) {
        failedAt = clock.now();
        warmUp().catch(() => undefined); // its outcome is in `health`
      }
      return health;
    },
  };
}
