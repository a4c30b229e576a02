import { v7 as uuidv7 } from 'uuid';
import type { InteractionType } from '../interactions/interaction.ts';
import type { Database } from '../postgres/database.ts';
import { ConflictError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import { firstUuidAt, isUuid } from '../shared/uuid.ts';
import type { Interleaving, InterleavingStatus, InterleavingStore } from './interleaving-store.ts';
import type { Team } from './interleaving.ts';

interface InterleavingRow {
  id: string;
  namespace_id: string;
  baseline_id: string;
  candidate_id: string;
  traffic_pct: number;
  alpha: number;
  p_value: number;
  status: InterleavingStatus;
  created_at: Date;
  ended_at: Date | null;
}

interface UncreditedRow {
  execution_id: string;
  teams: Team[];
  document_ids: string[];
  /** [document, type, duration]. */
  signals: [string, InteractionType, number | null][];
}

const UNIQUE_VIOLATION = '23505';
const SELECT = `
  select id, namespace_id, baseline_id, candidate_id, traffic_pct, alpha, p_value, status, created_at, ended_at
  from interleavings`;

/** Found by their interactions, whose ids are in the order of time: most mixed searches never earn anything. */
const UNCREDITED = `
  select s.execution_id, s.teams, e.document_ids,
    (select jsonb_agg(jsonb_build_array(g.document_id, g.type, g.duration_ms)) from interaction_signals g
     where g.execution_id = s.execution_id) as signals
  from interleaved_searches s join executions e on e.id = s.execution_id
  where s.interleaving_id = $1 and s.baseline_credit is null
    and s.execution_id in (select execution_id from interactions where id >= $2)`;

const COUNTS = `
  select count(*) as searches,
    count(*) filter (where candidate_credit > baseline_credit) as wins,
    count(*) filter (where candidate_credit < baseline_credit) as losses,
    count(*) filter (where candidate_credit = baseline_credit) as ties
  from interleaved_searches where interleaving_id = $1`;

export function createPostgresInterleavingStore(database: Database): InterleavingStore {
  const select = async (sql: string, values: readonly unknown[]) =>
    (await database.query<InterleavingRow>(sql, values)).map(toInterleaving);
  const byId = async (namespaceId: string, id: string) =>
    (await select(`${SELECT} where namespace_id = $1 and id = $2`, [namespaceId, id]))[0] ?? null;
  return {
    ...searchesPart(database),

    async create(namespaceId, { baselineId, candidateId, trafficPct, alpha }) {
      const id = uuidv7();
      const sql = `
        insert into interleavings (id, namespace_id, baseline_id, candidate_id, traffic_pct, alpha, status)
        values ($1, $2, $3, $4, $5, $6, 'RUNNING')`;
      const values = [id, namespaceId, baselineId, candidateId, trafficPct, alpha];
      await database.query(sql, values).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) throw alreadyRunning();
        throw error;
      });
      const created = await byId(namespaceId, id);
      invariant(created, 'what was inserted is there');
      return created;
    },

    get: async (namespaceId, id) => (isUuid(id) ? byId(namespaceId, id) : null),

    async list(namespaceId, { limit, after }) {
      const sql = `${SELECT} where namespace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`;
      const found = await select(sql, [namespaceId, after, limit + 1]);
      return { items: found.slice(0, limit), hasNextPage: found.length > limit };
    },

    running: () => select(`${SELECT} where status = 'RUNNING'`, []),

    async end(namespaceId, id, status) {
      if (!isUuid(id)) return null;
      const sql = `
        update interleavings set status = $3, ended_at = now()
        where namespace_id = $1 and id = $2 and status = 'RUNNING' returning 1`;
      const ended = await database.query(sql, [namespaceId, id, status]);
      return ended.length === 0 ? null : byId(namespaceId, id);
    },
  };
}

type SearchesPart = Pick<InterleavingStore, 'recordSearch' | 'uncredited' | 'credit' | 'counts' | 'lowerPValue'>;

function searchesPart(database: Database): SearchesPart {
  return {
    async recordSearch(id, executionId, teams) {
      const sql = 'insert into interleaved_searches (execution_id, interleaving_id, teams) values ($1, $2, $3)';
      await database.query(sql, [executionId, id, teams]);
    },

    async uncredited(id, since) {
      const rows = await database.query<UncreditedRow>(UNCREDITED, [id, firstUuidAt(since)]);
      return rows.map(({ execution_id: executionId, teams, document_ids: documentIds, signals }) => ({
        executionId,
        teams,
        documentIds,
        signals: signals.map(([documentId, type, durationMs]) => ({ documentId, type, durationMs })),
      }));
    },

    async credit(credits) {
      const sql = `
        update interleaved_searches s set baseline_credit = c.baseline, candidate_credit = c.candidate
        from unnest($1::uuid[], $2::float8[], $3::float8[]) as c (execution_id, baseline, candidate)
        where s.execution_id = c.execution_id and s.baseline_credit is null`;
      const column = (pick: (credit: (typeof credits)[number]) => unknown) => credits.map(pick);
      await database.query(sql, [
        column(({ executionId }) => executionId),
        column(({ baseline }) => baseline),
        column(({ candidate }) => candidate),
      ]);
    },

    async counts(id) {
      type Counts = Awaited<ReturnType<InterleavingStore['counts']>>;
      const [counts] = await database.query<Counts>(COUNTS, [id]);
      invariant(counts, 'an aggregate has a row');
      return counts;
    },

    async lowerPValue(id, pValue) {
      await database.query('update interleavings set p_value = least(p_value, $2) where id = $1', [id, pValue]);
    },
  };
}

function toInterleaving(row: InterleavingRow): Interleaving {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    baselineId: row.baseline_id,
    candidateId: row.candidate_id,
    trafficPct: row.traffic_pct,
    alpha: row.alpha,
    pValue: row.p_value,
    status: row.status,
    createdAt: row.created_at.getTime(),
    endedAt: row.ended_at?.getTime() ?? null,
  };
}

function alreadyRunning(): ConflictError {
  return new ConflictError(
    'Searches of the baseline are interleaved already: stop that one with stopInterleaving first.',
    'INTERLEAVING_RUNNING',
    ['input', 'baselineId'],
  );
}
