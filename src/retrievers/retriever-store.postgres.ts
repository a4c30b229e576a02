import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../postgres/database.ts';
import { ConflictError, NotFoundError, ValidationError } from '../shared/errors.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { isUuid } from '../shared/uuid.ts';
import type { RetrieverStore } from './retriever-store.ts';
import type { Retriever, RetrieverDefinition } from './retriever.ts';

interface RetrieverRow {
  id: string;
  namespace_id: string;
  version: number;
  created_at: Date;
  updated_at: Date;
  definition: RetrieverDefinition;
}

const SELECT = `
  select r.id, r.namespace_id, v.version, r.created_at, v.created_at as updated_at, v.definition
  from retrievers r join retriever_versions v on v.retriever_id = r.id`;
const CURRENT = `${SELECT} and v.version = r.version where r.deleted_at is null`;

const UNIQUE_VIOLATION = '23505';

export function createPostgresRetrieverStore(database: Database): RetrieverStore {
  return {
    async checkNameIsFree(namespaceId, name) {
      const sql = 'select 1 from retrievers where namespace_id = $1 and name = $2 and deleted_at is null';
      if ((await database.query(sql, [namespaceId, name])).length > 0) throw nameTaken(name);
    },

    async create(namespaceId, definition) {
      const id = uuidv7();
      const sql = `
        with retriever as (
          insert into retrievers (id, namespace_id, name, version) values ($1, $2, $3, 1) returning id, version, created_at
        )
        insert into retriever_versions (retriever_id, version, definition, created_at)
        select id, version, $4, created_at from retriever`;
      await withFreeName(definition.name, database.query(sql, [id, namespaceId, definition.name, stored(definition)]));
      return getOne(database, namespaceId, id);
    },

    async update(namespaceId, id, change) {
      for (;;) {
        const current = await getOne(database, namespaceId, id);
        const definition = await change(current);
        if (await writeNextVersion(database, current, definition)) return getOne(database, namespaceId, id);
      }
    },

    async get(namespaceId, ids) {
      const valid = ids.filter((id) => isUuid(id));
      if (valid.length === 0) return [];
      return select(database, `${CURRENT} and r.namespace_id = $1 and r.id = any($2::uuid[])`, [namespaceId, valid]);
    },

    async version(id, version) {
      if (!isUuid(id)) return null;
      const [retriever] = await select(database, `${SELECT} where r.id = $1 and v.version = $2`, [id, version]);
      return retriever ?? null;
    },

    list: (namespaceId, page) => list(database, namespaceId, page),

    async delete(namespaceId, id) {
      const sql = `
        update retrievers set deleted_at = now()
        where namespace_id = $1 and id = $2 and deleted_at is null returning id`;
      const deleted = isUuid(id) ? await database.query(sql, [namespaceId, id]) : [];
      if (deleted.length === 0) throw notFound(id);
    },
  };
}

/**
 * False where another update came first. Compared and set rather than locked: validation asks other tables, and the
 * embedded database runs nothing else while a transaction is open.
 */
async function writeNextVersion(
  database: Database,
  current: Retriever,
  definition: RetrieverDefinition,
): Promise<boolean> {
  const sql = `
    with retriever as (
      update retrievers set name = $3, version = version + 1, updated_at = now()
      where id = $1 and version = $2 and deleted_at is null
      returning id, version
    )
    insert into retriever_versions (retriever_id, version, definition)
    select id, version, $4 from retriever
    returning version`;
  const values = [current.id, current.version, definition.name, stored(definition)];
  const written = await withFreeName(definition.name, database.query(sql, values));
  return written.length > 0;
}

async function list(database: Queryable, namespaceId: string, page: PageRequest): Promise<Page<Retriever>> {
  if (page.after !== null && !isUuid(page.after)) {
    throw new ValidationError('after is not a cursor of this list; take it from pageInfo.', 'INVALID_CURSOR', [
      'after',
    ]);
  }
  const sql = `${CURRENT} and r.namespace_id = $1 and ($2::uuid is null or r.id < $2) order by r.id desc limit $3`;
  const found = await select(database, sql, [namespaceId, page.after, page.limit + 1]);
  return { items: found.slice(0, page.limit), hasNextPage: found.length > page.limit };
}

/** @throws NotFoundError RETRIEVER_NOT_FOUND */
async function getOne(database: Queryable, namespaceId: string, id: string): Promise<Retriever> {
  if (!isUuid(id)) throw notFound(id);
  const [retriever] = await select(database, `${CURRENT} and r.namespace_id = $1 and r.id = $2`, [namespaceId, id]);
  if (retriever === undefined) throw notFound(id);
  return retriever;
}

async function select(database: Queryable, sql: string, values: readonly unknown[]): Promise<Retriever[]> {
  const rows = await database.query<RetrieverRow>(sql, values);
  return rows.map((row) => ({
    ...row.definition,
    id: row.id,
    namespaceId: row.namespace_id,
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

/** The definition alone, also where a whole retriever comes along. */
function stored({ name, collectionIds, inputSchema, stages }: RetrieverDefinition): string {
  return JSON.stringify({ name, collectionIds, inputSchema, stages });
}

async function withFreeName<Result>(name: string, writing: Promise<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) throw error;
    throw nameTaken(name);
  }
}

function nameTaken(name: string): ConflictError {
  return new ConflictError(
    `The namespace has a retriever named "${name}" already: choose another name, or update that one.`,
    'RETRIEVER_NAME_TAKEN',
    ['input', 'retrieverName'],
  );
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(
    `There is no retriever ${JSON.stringify(id.slice(0, 100))} in this namespace.`,
    'RETRIEVER_NOT_FOUND',
    ['input', 'retrieverId'],
  );
}
