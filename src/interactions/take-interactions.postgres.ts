import type { Database, Queryable } from '../postgres/database.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Logger } from '../shared/logger.ts';
import { loadAttributables } from './attributables.postgres.ts';
import { creditExecutions } from './credit-executions.postgres.ts';
import { interactionColumns, toInteraction, type InteractionRow } from './interaction-row.postgres.ts';
import type { Interaction } from './interaction.ts';
import type { Attribute, OutboxBatch, PrepareAttribution } from './outbox.ts';
import { holdGenerations, readGenerations } from './posterior-generation.postgres.ts';
import type { Generations } from './posterior-generation.ts';
import { removeFromOutbox, waitingOf, type Held } from './waiting-events.postgres.ts';
import { toBatch, writeDown } from './written-batch.postgres.ts';

/** Interactions that wait, with all that sending them takes. None of it changes any more, so it is read before the transaction. */
interface Waiting {
  rows: readonly Held[];
  interactions: readonly Interaction[];
  /** The executions that they are about. */
  touched: ReadonlyMap<string, Attributable>;
}

interface NewBatch {
  id: string;
  dueAt: number;
  logger: Logger;
}

/** What it refers to beside each row, null where that was erased. */
const WAITING = `
  select * from ${waitingOf('interaction')}
    left join lateral (select ${interactionColumns} from interactions where id = o.ref) i on true
  order by outbox_id`;

/** A new batch of the interactions that have waited longest, and of what their executions have earned. Null where none waits. */
export async function takeInteractions(
  db: Database,
  limit: number,
  prepare: PrepareAttribution,
  batch: NewBatch,
): Promise<OutboxBatch | null> {
  for (;;) {
    const waiting = await findWaiting(db, limit);
    if (waiting === null) return null;
    const credited = [...waiting.touched.values()];
    const retrieverIds = [...new Set(credited.map(({ retrieverId }) => retrieverId))];
    const generations = await readGenerations(db, retrieverIds);
    const attribute = await prepare(credited, generations);
    const taken = await db.transaction(async (tx) =>
      (await holdGenerations(tx, generations, retrieverIds))
        ? take(tx, waiting, { attribute, generations }, batch)
        : 'look again',
    );
    if (taken !== 'look again') return taken;
  }
}

async function findWaiting(db: Queryable, limit: number): Promise<Waiting | null> {
  const rows = await db.query<Held & InteractionRow>(WAITING, [limit]);
  if (rows.length === 0) return null;
  const interactions = rows.filter(({ id }) => id !== null).map(toInteraction);
  return { rows, interactions, touched: await loadAttributables(db, executionsOf(interactions)) };
}

/** Moves what nobody else took in the meantime into a batch of ours. Null where all of it was taken. */
async function take(
  tx: Queryable,
  waiting: Waiting,
  ruling: { attribute: Attribute; generations: Generations },
  { id, dueAt, logger }: NewBatch,
): Promise<OutboxBatch | null | 'look again'> {
  const refs = await removeFromOutbox(tx, 'interaction', waiting.rows);
  if (refs.size === 0) return null;
  const interactions = waiting.interactions.filter((interaction) => refs.has(interaction.id));
  if (interactions.length === 0) return 'look again';
  const touched = executionsOf(interactions).flatMap((executionId) => waiting.touched.get(executionId) ?? []);
  const { earned } = await creditExecutions(tx, touched, { ...ruling, logger });
  const batch = toBatch(id, [], interactions, earned);
  await writeDown(tx, batch, dueAt);
  return batch;
}

/** The ids of the executions that they are about, in order. */
function executionsOf(interactions: readonly Interaction[]): string[] {
  return [...new Set(interactions.map(({ executionId }) => executionId).filter((id) => id !== null))].sort();
}
