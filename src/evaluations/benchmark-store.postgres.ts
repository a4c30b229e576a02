import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../postgres/database.ts';
import { invariant } from '../shared/invariant.ts';
import { isUuid } from '../shared/uuid.ts';
import type { Benchmark, BenchmarkStore } from './benchmark.ts';

interface BenchmarkRow {
  id: string;
  namespace_id: string;
  dataset_id: string;
  session_count: number;
  baseline_id: string;
  candidate_ids: string[];
  created_at: Date;
}

const COLUMNS = 'id, namespace_id, dataset_id, session_count, baseline_id, candidate_ids, created_at';

export function createPostgresBenchmarkStore(database: Database): BenchmarkStore {
  const select = async (sql: string, values: readonly unknown[]) =>
    (await database.query<BenchmarkRow>(sql, values)).map(toBenchmark);
  return {
    async create(namespaceId, { datasetId, sessionCount, baselineId, candidateIds }) {
      const sql = `
        insert into benchmarks (id, namespace_id, dataset_id, session_count, baseline_id, candidate_ids)
        values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`;
      const values = [uuidv7(), namespaceId, datasetId, sessionCount, baselineId, candidateIds];
      const [benchmark] = await select(sql, values);
      invariant(benchmark, 'an insert returns its row');
      return benchmark;
    },

    async get(namespaceId, id) {
      if (!isUuid(id)) return null;
      const sql = `select ${COLUMNS} from benchmarks where namespace_id = $1 and id = $2`;
      return (await select(sql, [namespaceId, id]))[0] ?? null;
    },

    async list(namespaceId, { limit, after }) {
      const sql = `
        select ${COLUMNS} from benchmarks where namespace_id = $1 and ($2::uuid is null or id < $2)
        order by id desc limit $3`;
      const found = await select(sql, [namespaceId, after, limit + 1]);
      return { items: found.slice(0, limit), hasNextPage: found.length > limit };
    },
  };
}

function toBenchmark(row: BenchmarkRow): Benchmark {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    datasetId: row.dataset_id,
    sessionCount: row.session_count,
    baselineId: row.baseline_id,
    candidateIds: row.candidate_ids,
    createdAt: row.created_at.getTime(),
  };
}
