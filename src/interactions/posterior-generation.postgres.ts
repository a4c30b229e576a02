import type { Queryable } from '../postgres/database.ts';
import { generationOf, type Generations } from './posterior-generation.ts';

/** Held shared while executions are credited, alone while a generation begins. */
const BEGINNING_LOCK = 6_120_417;

/** The generations that are written into now. */
export async function readGenerations(db: Queryable, retrieverIds: readonly string[]): Promise<Generations> {
  const rows = await db.query<{ retriever_id: string; generation: number; ruled_by: number }>(
    'select retriever_id, generation, ruled_by from posterior_generations where retriever_id = any($1::uuid[])',
    [[...new Set(retrieverIds)]],
    { prepare: true },
  );
  return new Map(rows.map((row) => [row.retriever_id, { number: row.generation, ruledBy: row.ruled_by }]));
}

/**
 * Whether these are still the generations; if so, none begins before the transaction ends. Whoever has seen one begin
 * therefore finds everything that was credited to the one before.
 */
export async function holdGenerations(
  tx: Queryable,
  known: Generations,
  retrieverIds: readonly string[],
): Promise<boolean> {
  if (retrieverIds.length === 0) return true;
  await tx.query('select pg_advisory_xact_lock_shared($1)', [BEGINNING_LOCK], { prepare: true });
  const now = await readGenerations(tx, retrieverIds);
  return retrieverIds.every((id) => generationOf(now, id).number === generationOf(known, id).number);
}

/** Waits until nobody is crediting, and keeps it so until the transaction ends. */
export async function stopCrediting(tx: Queryable): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [BEGINNING_LOCK]);
}
