import type { Database, Queryable } from '../postgres/database.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Execution } from '../search/execution.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { loadAttributables } from './attributables.postgres.ts';
import { creditExecutions, type Earned } from './credit-executions.postgres.ts';
import { stopCrediting } from './posterior-generation.postgres.ts';
import type { PrepareAttribution } from './outbox.ts';
import type { Rebuild, RebuildProgress, RebuildStore, RebuiltPage } from './rebuild-store.ts';

export interface PostgresRebuildStoreOptions {
  clock: Clock;
  /** A fresh UUIDv7. */
  newId: () => string;
  logger: Logger;
}

/** Executions a transaction: embedded, everybody else waits for its end. */
const RECENT_PAGE = 200;
const NO_ID = '00000000-0000-0000-0000-000000000000';

interface Row {
  retriever_id: string;
  namespace_id: string;
  generation: number;
  ruled_by: number;
  started_at: Date;
  progress: RebuildProgress | null;
  executions: number;
  interactions: number;
}

const SELECT = `select g.retriever_id, r.namespace_id, g.generation, g.ruled_by, g.started_at, g.progress,
  g.executions, g.interactions from posterior_generations g join retrievers r on r.id = g.retriever_id`;

export function createPostgresRebuildStore(db: Database, options: PostgresRebuildStoreOptions): RebuildStore {
  return new PostgresRebuildStore(db, options);
}

class PostgresRebuildStore implements RebuildStore {
  readonly #db: Database;
  readonly #options: PostgresRebuildStoreOptions;

  constructor(db: Database, options: PostgresRebuildStoreOptions) {
    this.#db = db;
    this.#options = options;
  }

  begin(retrieverId: string, ruledBy: number, leaseUntil: number): ReturnType<RebuildStore['begin']> {
    return this.#db.transaction(async (tx) => {
      await stopCrediting(tx);
      const fresh: RebuildProgress = { phase: 'recent', after: null };
      const begun = await tx.query(
        `insert into posterior_generations as g
           (retriever_id, generation, ruled_by, progress, started_at, due_at)
         values ($1, 1, $2, $3::jsonb, $4, $5)
         on conflict (retriever_id) do update set generation = g.generation + 1, ruled_by = $2, progress = $3::jsonb,
           executions = 0, interactions = 0, started_at = $4, due_at = $5
         where g.progress is null or g.ruled_by <> $2
         returning 1`,
        [retrieverId, ruledBy, JSON.stringify(fresh), new Date(this.#options.clock.now()), new Date(leaseUntil)],
      );
      const rebuild = await get(tx, retrieverId);
      if (rebuild === null) throw new Error(`the rebuild of retriever ${retrieverId} was not written`);
      return { rebuild, isMine: begun.length === 1 };
    });
  }

  get(retrieverId: string): Promise<Rebuild | null> {
    return get(this.#db, retrieverId);
  }

  async isUnderWay(): Promise<boolean> {
    const rows = await this.#db.query('select 1 from posterior_generations where progress is not null limit 1');
    return rows.length > 0;
  }

  async claimDue(now: number, leaseUntil: number): Promise<Rebuild[]> {
    const due = await this.#db.query<{ retriever_id: string }>(
      `update posterior_generations set due_at = $2 where retriever_id in
         (select retriever_id from posterior_generations where progress is not null and due_at <= $1
          order by due_at limit 5 for update skip locked)
       returning retriever_id`,
      [new Date(now), new Date(leaseUntil)],
    );
    const rebuilds = await Promise.all(due.map(({ retriever_id: id }) => get(this.#db, id)));
    return rebuilds.filter((rebuild) => rebuild !== null);
  }

  async creditRecent(rebuild: Rebuild, prepare: PrepareAttribution, leaseUntil: number): Promise<Rebuild | null> {
    const { progress, retrieverId } = rebuild;
    const after = progress?.phase === 'recent' ? progress.after : null;
    const executions = await recentExecutions(this.#db, rebuild, after);
    const last = executions.at(-1);
    if (last === undefined) return this.#step(rebuild, leaseUntil, () => Promise.resolve(movingOn('logged')));
    const generations = new Map([[retrieverId, { number: rebuild.generation, ruledBy: rebuild.ruledBy }]]);
    const attribute = await prepare(executions, generations);
    return this.#step(rebuild, leaseUntil, async (tx) => {
      // Nobody begins another generation meanwhile: the row of this one is locked.
      const credited = await creditExecutions(tx, executions, { attribute, generations, logger: this.#options.logger });
      return { ...credited, next: { phase: 'recent', after: last.id } };
    });
  }

  async onlyLogged(executionIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#db.query<{ id: string }>(
      `select id from unnest($1::uuid[]) as asked(id)
       where not exists (select from executions e where e.id = asked.id)`,
      [executionIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async leftByUsers(rebuild: Rebuild, executions: readonly Execution[]): ReturnType<RebuildStore['leftByUsers']> {
    const users = executions.map(({ userId }) => userId).filter((userId) => userId !== null);
    const rows = await this.#db.query<{ user_id: string; kind: 'reset' | 'erased'; at: Date }>(
      `select user_id, 'reset' as kind, reset_at as at from preference_resets
       where retriever_id = $1 and user_id = any($3::text[])
       union all select user_id, 'erased', requested_at from erasures
       where kind = 'everything' and namespace_id = $2 and user_id = any($3::text[])`,
      [rebuild.retrieverId, rebuild.namespaceId, users],
    );
    const left = new Map<string, 'reset' | 'erased'>();
    for (const { id, userId, executedAt } of executions) {
      const wishes = rows.filter(({ user_id: user, at }) => user === userId && executedAt <= at.getTime());
      const [wish] = wishes.map(({ kind }) => kind).sort();
      if (wish !== undefined) left.set(id, wish);
    }
    return left;
  }

  addPage(rebuild: Rebuild, page: RebuiltPage, leaseUntil: number): Promise<Rebuild | null> {
    const { deltas, ...rest } = page;
    return this.#step(rebuild, leaseUntil, () => Promise.resolve({ earned: { deltas, searchOutcomes: [] }, ...rest }));
  }

  async pendingBatches(): Promise<number> {
    const [row] = await this.#db.query<{ count: number }>('select count(*) from outbox_batches where depth = 0');
    return Number(row?.count ?? 0);
  }

  closeGeneration(rebuild: Rebuild, leaseUntil: number): Promise<Rebuild | null> {
    return this.#step(rebuild, leaseUntil, async (tx) => {
      const [row] = await tx.query<{ last_batch: number }>(
        'select coalesce(max(seq), 0)::bigint as last_batch from outbox_batches',
      );
      return { ...movingOn('logged'), next: { phase: 'publishing', lastBatch: Number(row?.last_batch ?? 0) } };
    });
  }

  async isDrained(lastBatch: number): Promise<boolean> {
    const left = await this.#db.query('select 1 from outbox_batches where seq <= $1 limit 1', [lastBatch]);
    return left.length === 0;
  }

  finish(rebuild: Rebuild): Promise<Rebuild | null> {
    const done = { ...movingOn('logged'), next: null };
    return this.#step(rebuild, this.#options.clock.now(), () => Promise.resolve(done));
  }

  /** Null, and nothing is written, where somebody else has gone on with it. */
  async #step(rebuild: Rebuild, leaseUntil: number, work: (tx: Queryable) => Promise<Step>): Promise<Rebuild | null> {
    const { clock, newId } = this.#options;
    try {
      return await this.#db.transaction(async (tx) => {
        await stopOthers(tx, rebuild);
        const { next, earned, executions, interactions } = await work(tx);
        if (earned !== null) await addBatch(tx, newId(), earned, clock.now());
        await tx.query(
          `update posterior_generations set progress = $2::jsonb, executions = executions + $3,
             interactions = interactions + $4, due_at = $5
           where retriever_id = $1`,
          [rebuild.retrieverId, next && JSON.stringify(next), executions, interactions, new Date(leaseUntil)],
        );
        return get(tx, rebuild.retrieverId);
      });
    } catch (error) {
      if (error instanceof TakenOverError) return null;
      throw error;
    }
  }
}

async function get(tx: Queryable, retrieverId: string): Promise<Rebuild | null> {
  const [row] = await tx.query<Row>(`${SELECT} where g.retriever_id = $1`, [retrieverId]);
  return row === undefined ? null : toRebuild(row);
}

/** What a step brought, and where the rebuild is then. */
interface Step {
  earned: Earned | null;
  executions: number;
  interactions: number;
  next: RebuildProgress | null;
}

class TakenOverError extends Error {}

function movingOn(phase: 'logged'): Step {
  return { earned: null, executions: 0, interactions: 0, next: { phase, after: null } };
}

/** Locks the rebuild. @throws TakenOverError where it is not where it was left */
async function stopOthers(tx: Queryable, { retrieverId, generation, progress }: Rebuild): Promise<void> {
  const found = await tx.query(
    `select 1 from posterior_generations
     where retriever_id = $1 and generation = $2 and progress = $3::jsonb for update`,
    [retrieverId, generation, JSON.stringify(progress)],
  );
  if (found.length === 0) throw new TakenOverError(`the rebuild of retriever ${retrieverId} was taken over`);
}

/** Those that have been credited to a generation before; what comes later is credited to this one by itself. */
async function recentExecutions(
  db: Queryable,
  { retrieverId, generation }: Rebuild,
  after: string | null,
): Promise<Attributable[]> {
  const rows = await db.query<{ id: string }>(
    `select id from executions
     where retriever_id = $1 and id > $2 and credited is not null
       and coalesce((credited->>'generation')::int, 0) <> $3
     order by id limit $4`,
    [retrieverId, after ?? NO_ID, generation, RECENT_PAGE],
  );
  const found = await loadAttributables(
    db,
    rows.map(({ id }) => id),
  );
  return rows.flatMap(({ id }) => found.get(id) ?? []);
}

/** Due at once, for any relay; no event waits for it. */
async function addBatch(tx: Queryable, id: string, { deltas, searchOutcomes }: Earned, now: number): Promise<void> {
  if (deltas.length + searchOutcomes.length === 0) return;
  const payload = { executionIds: [], interactionIds: [], deltas, searchOutcomes };
  await tx.query(
    'insert into outbox_batches (id, payload, depth, oldest_at, due_at) values ($1, $2::jsonb, 0, $3, $3)',
    [id, JSON.stringify(payload), new Date(now)],
  );
}

function toRebuild(row: Row): Rebuild {
  return {
    retrieverId: row.retriever_id,
    namespaceId: row.namespace_id,
    generation: row.generation,
    ruledBy: row.ruled_by,
    startedAt: row.started_at.getTime(),
    progress: row.progress,
    executions: Number(row.executions),
    interactions: Number(row.interactions),
  };
}
