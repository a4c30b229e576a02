import { v7 as uuidv7 } from 'uuid';
import { createPostgresSecretStore } from './access/secret-store.postgres.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import type { DeadLetterStore } from './interactions/dead-letter-store.ts';
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

type Deps = Omit<RecordInteractionDeps, 'newId' | 'interactions' | 'caps' | 'subjectOf' | 'listsLearned'> & {
  interactions: InteractionStore;
  deadLetters: DeadLetterStore;
  database: Database;
  cache: PosteriorCache;
};

const everyone = { level: 'GLOBAL', key: '' } as const;

export async function openInteractions(
  deps: Deps,
  { learningCaps: caps, maxInteractions }: Pick<Config, 'learningCaps' | 'maxInteractions'>,
): Promise<App['interactions']> {
  const recording: RecordInteractionDeps = {
    ...deps,
    newId: () => uuidv7(),
    caps,
    maxInteractions,
    subjectOf: createSubjectOf(await createPostgresSecretStore(deps.database).ensureSecret('learning-caps')),
    async listsLearned(retrieverId) {
      const { totals } = await deps.cache.read(retrieverId, [everyone]);
      return listsLearned(totals[0]?.evidence ?? []);
    },
  };
  return {
    record: (ns, input, client) => recordInteraction(recording, ns, input, client),
    recordMany: (ns, inputs, client) => recordInteractions(recording, ns, inputs, client),
    list: (ns, filter, page) => deps.interactions.list(ns, filter, page),
    deadLetters: (page) => deps.deadLetters.list(page),
    replayDeadLetters: (ids) => replayDeadLetters(deps, ids),
  };
}
