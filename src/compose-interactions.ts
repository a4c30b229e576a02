import { v7 as uuidv7 } from 'uuid';
import { createPostgresSecretStore } from './access/secret-store.postgres.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import type { DeadLetterStore } from './interactions/dead-letter-store.ts';
import { InteractionFeed } from './interactions/interaction-feed.ts';
import type { InteractionStore } from './interactions/interaction-store.ts';
import { createSubjectOf } from './interactions/learning-caps.ts';
import {
  recordInteraction,
  recordInteractions,
  type RecordInteractionDeps,
} from './interactions/record-interaction.ts';
import { replayDeadLetters } from './interactions/replay-dead-letters.ts';
import type { PosteriorCache } from './learning/posterior-cache.ts';
import { listsLearned } from './learning/ranking-evidence.ts';
import type { Database } from './postgres/database.ts';
import { findRetriever } from './retrievers/find-retriever.ts';
import type { RetrieverRemovals } from './retrievers/retriever-removals.ts';
import type { Logger } from './shared/logger.ts';

type Deps = Omit<RecordInteractionDeps, 'newId' | 'interactions' | 'caps' | 'subjectOf' | 'listsLearned'> & {
  interactions: InteractionStore;
  deadLetters: DeadLetterStore;
  database: Database;
  cache: PosteriorCache;
  removals: RetrieverRemovals;
  logger: Logger;
};

/** How often servers that share a Postgres look for each other's interactions, where somebody watches. */
const POLL_MS = 250;

export interface Feedback {
  app: App['interactions'];
  watcherCount(): number;
  close(): void;
}

const everyone = { level: 'GLOBAL', key: '' } as const;

export async function openInteractions(
  deps: Deps,
  { learningCaps: caps, maxInteractions }: Pick<Config, 'learningCaps' | 'maxInteractions'>,
): Promise<Feedback> {
  const { interactions, clock, logger, retrievers, database } = deps;
  const feed = new InteractionFeed({
    interactions,
    clock,
    logger,
    pollMs: database.kind === 'server' ? POLL_MS : null,
  });
  deps.removals.onRemoved((retrieverId) => feed.removed(retrieverId));
  const recording: RecordInteractionDeps = {
    ...deps,
    wakeRelay() {
      deps.wakeRelay();
      feed.wake();
    },
    newId: () => uuidv7(),
    caps,
    maxInteractions,
    subjectOf: createSubjectOf(await createPostgresSecretStore(database).ensureSecret('learning-caps')),
    async listsLearned(retrieverId) {
      const { totals } = await deps.cache.read(retrieverId, [everyone]);
      return listsLearned(totals[0]?.evidence ?? []);
    },
  };
  return {
    app: {
      record: (ns, input, client) => recordInteraction(recording, ns, input, client),
      recordMany: (ns, inputs, client) => recordInteractions(recording, ns, inputs, client),
      list: (ns, filter, page) => interactions.list(ns, filter, page),
      watch: async (ns, retrieverId) =>
        feed.watch(ns, (await findRetriever(retrievers, ns, retrieverId, ['retrieverId'])).id),
      deadLetters: (page) => deps.deadLetters.list(page),
      replayDeadLetters: (ids) => replayDeadLetters(deps, ids),
    },
    watcherCount: () => feed.watcherCount,
    close: () => feed.close(),
  };
}
