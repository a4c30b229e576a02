import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../postgres/database.ts';
import { ConflictError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import { isUuid } from '../shared/uuid.ts';
import type { DatasetContent, DatasetStore } from './dataset-store.ts';
import type { DatasetOrigin, DatasetSource, EvaluationDataset, EvaluationQuery } from './evaluation-dataset.ts';

interface DatasetRow {
  id: string;
  namespace_id: string;
  name: string;
  version: number;
  source: DatasetSource;
  origin: DatasetOrigin | null;
  query_count: number;
  judgment_count: number;
  created_at: Date;
}

interface QueryRow {
  id: string;
  position: number;
  query_id: string;
  inputs: Record<string, unknown>;
  judgments: Record<string, number>;
  cluster: string | null;
  held_out: boolean;
}

const UNIQUE_VIOLATION = '23505';

const SELECT = `
  select d.id, d.namespace_id, d.name, v.version, v.source, v.origin, v.query_count, v.judgment_count, v.created_at
  from evaluation_datasets d join evaluation_dataset_versions v on v.dataset_id = d.id`;
const NEWEST = `${SELECT} and v.version = d.version`;
const SELECT_QUERIES = `
  select id, position, query_id, inputs, judgments, cluster, held_out from evaluation_queries
  where dataset_id = $1 and version = $2`;

export function createPostgresDatasetStore(database: Database): DatasetStore {
  const select = async (sql: string, values: readonly unknown[]) =>
    (await database.query<DatasetRow>(sql, values)).map(toDataset);
  const getVersion = async (id: string, version: number) => {
    const [dataset] = await select(`${SELECT} where d.id = $1 and v.version = $2`, [id, version]);
    invariant(dataset, `version ${version} of dataset ${id} was written`);
    return dataset;
  };
  return {
    async create(namespaceId, name, content) {
      const id = uuidv7();
      await withFreeName(name, () =>
        database.transaction(async (tx) => {
          const sql = 'insert into evaluation_datasets (id, namespace_id, name, version) values ($1, $2, $3, 1)';
          await tx.query(sql, [id, namespaceId, name]);
          await writeVersion(tx, id, 1, content);
        }),
      );
      return getVersion(id, 1);
    },

    async addVersion({ id, version }, content) {
      const next = version + 1;
      await database.transaction(async (tx) => {
        const sql = 'update evaluation_datasets set version = $3 where id = $1 and version = $2 returning 1';
        const moved = await tx.query(sql, [id, version, next]);
        if (moved.length === 0) throw changedMeanwhile();
        await writeVersion(tx, id, next, content);
      });
      return getVersion(id, next);
    },

    async get(namespaceId, ids) {
      const valid = ids.filter(isUuid);
      if (valid.length === 0) return [];
      return select(`${NEWEST} where d.namespace_id = $1 and d.id = any($2::uuid[])`, [namespaceId, valid]);
    },

    async version(namespaceId, id, version) {
      if (!isUuid(id)) return null;
      const sql = `${SELECT} where d.namespace_id = $1 and d.id = $2 and v.version = $3`;
      const [dataset] = await select(sql, [namespaceId, id, version]);
      return dataset ?? null;
    },

    async list(namespaceId, { limit, after }) {
      const sql = `${NEWEST} where d.namespace_id = $1 and ($2::uuid is null or d.id < $2) order by d.id desc limit $3`;
      const found = await select(sql, [namespaceId, after, limit + 1]);
      return { items: found.slice(0, limit), hasNextPage: found.length > limit };
    },

    async queries(id, version) {
      return (await database.query<QueryRow>(`${SELECT_QUERIES} order by position`, [id, version])).map(toQuery);
    },

    async queryPage(id, version, { limit, after }) {
      const sql = `${SELECT_QUERIES}
        and position > coalesce(
          (select position from evaluation_queries where id = $3 and dataset_id = $1 and version = $2), -1)
        order by position limit $4`;
      const found = (await database.query<QueryRow>(sql, [id, version, after, limit + 1])).map(toQuery);
      return { items: found.slice(0, limit), hasNextPage: found.length > limit };
    },
  };
}

async function writeVersion(tx: Queryable, id: string, version: number, content: DatasetContent): Promise<void> {
  const { source, origin, queries } = content;
  const judgmentCount = queries.reduce((sum, { judgments }) => sum + Object.keys(judgments).length, 0);
  await tx.query(
    `insert into evaluation_dataset_versions (dataset_id, version, source, origin, query_count, judgment_count)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, version, source, origin === null ? null : JSON.stringify(origin), queries.length, judgmentCount],
  );
  await tx.query(
    `insert into evaluation_queries (dataset_id, version, position, id, query_id, inputs, judgments, cluster, held_out)
     select $1, $2, place - 1, q.id, q.query_id, q.inputs::jsonb, q.judgments::jsonb, q.cluster, q.held_out
     from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[]) with ordinality
       as q (id, query_id, inputs, judgments, cluster, held_out, place)`,
    [
      id,
      version,
      queries.map(() => uuidv7()),
      queries.map(({ queryId }) => queryId),
      queries.map(({ inputs }) => JSON.stringify(inputs)),
      queries.map(({ judgments }) => JSON.stringify(judgments)),
      queries.map(({ cluster }) => cluster),
      queries.map(({ heldOut }) => heldOut),
    ],
  );
}

function toDataset(row: DatasetRow): EvaluationDataset {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    name: row.name,
    version: row.version,
    source: row.source,
    origin: row.origin,
    queryCount: row.query_count,
    judgmentCount: row.judgment_count,
    createdAt: row.created_at.getTime(),
  };
}

function toQuery({ query_id: queryId, held_out: heldOut, ...row }: QueryRow): EvaluationQuery {
  return { ...row, queryId, heldOut };
}

async function withFreeName(name: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) throw error;
    throw new ConflictError(
      `The namespace has an evaluation dataset named ${JSON.stringify(name)} already: choose another name, or give its id as datasetId to make its next version.`,
      'DATASET_NAME_TAKEN',
      ['input', 'name'],
    );
  }
}

function changedMeanwhile(): ConflictError {
  return new ConflictError(
    'The dataset got another version at the same time: send the same again to build on that one.',
    'DATASET_CHANGED',
    ['input', 'datasetId'],
  );
}
