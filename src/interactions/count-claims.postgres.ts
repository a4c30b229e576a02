import type { Queryable } from '../postgres/database.ts';
import type { LearningClaim } from './learning-caps.ts';

/**
 * Counts what events claim, in one statement of the transaction that stores them, and returns the places of those that are
 * beyond a cap. What is beyond counts as well: who goes on stays out until the window ends.
 */
export async function countClaims(tx: Queryable, claims: readonly (LearningClaim | null)[]): Promise<Set<number>> {
  const added = new Map<string, { windowStart: number; retrieverId: string; subject: string; cost: number }>();
  for (const claim of claims) {
    for (const { subject } of claim?.subjects ?? []) {
      const { windowStart, retrieverId, cost } = claim as LearningClaim;
      const key = counterKey(windowStart, retrieverId, subject);
      added.set(key, { windowStart, retrieverId, subject, cost: cost + (added.get(key)?.cost ?? 0) });
    }
  }
  if (added.size === 0) return new Set();
  const spent = await addTo(tx, added);
  const beyond = new Set<number>();
  for (const [place, claim] of claims.entries()) {
    if (claim === null) continue;
    for (const { subject, allowed } of claim.subjects) {
      const key = counterKey(claim.windowStart, claim.retrieverId, subject);
      const now = (spent.get(key) ?? 0) + claim.cost;
      spent.set(key, now);
      if (now > allowed) beyond.add(place);
    }
  }
  return beyond;
}

/** Returns what each had spent before, by key. */
async function addTo(
  tx: Queryable,
  added: ReadonlyMap<string, { windowStart: number; retrieverId: string; subject: string; cost: number }>,
): Promise<Map<string, number>> {
  const rows = [...added.values()];
  // in one order, so that no two transactions wait for each other
  const counted = await tx.query<{ window_ms: number; retriever_id: string; subject: string; spent: number }>(
    `insert into learning_counts as known (window_start, retriever_id, subject, spent)
     select to_timestamp(window_ms / 1000), retriever_id, subject, cost
     from unnest($1::float8[], $2::uuid[], $3::text[], $4::bigint[]) as c(window_ms, retriever_id, subject, cost)
     order by 1, 2, 3
     on conflict (window_start, retriever_id, subject) do update set spent = known.spent + excluded.spent
     returning (extract(epoch from window_start) * 1000)::float8 as window_ms, retriever_id, subject, spent::float8 as spent`,
    [
      rows.map(({ windowStart }) => windowStart),
      rows.map(({ retrieverId }) => retrieverId),
      rows.map(({ subject }) => subject),
      rows.map(({ cost }) => cost),
    ],
    { prepare: true },
  );
  return new Map(
    counted.map((row) => {
      const key = counterKey(row.window_ms, row.retriever_id, row.subject);
      return [key, row.spent - (added.get(key)?.cost ?? 0)];
    }),
  );
}

function counterKey(windowStart: number, retrieverId: string, subject: string): string {
  return `${windowStart} ${retrieverId} ${subject}`;
}
