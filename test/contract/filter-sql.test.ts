import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Document } from '../../src/collections/collection.ts';
import type { Database } from '../../src/postgres/database.ts';
import { filterCondition } from '../../src/search/filter-sql.postgres.ts';
import type { Filter } from '../../src/search/filter.ts';
import { matchesFilter } from '../../src/search/matches-filter.ts';
import { SqlParameters } from '../../src/search/sql-parameters.postgres.ts';
import { arbitraryDocument, arbitraryFilter } from '../fixtures/arbitrary-filter.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const NAMESPACE = '01890000-0000-7000-8000-000000000001';
const COLLECTION = '01890000-0000-7000-8000-000000000002';

describe.each(testDatabases())('a filter on $name', ({ open }) => {
  let db: Database;
  let documents: Document[];

  beforeAll(async () => {
    db = await open();
    documents = fc
      .sample(arbitraryDocument, { numRuns: 400, seed: 7 })
      .map((document, index) => ({ documentId: ['x', 'xyz', "o'x"][index] ?? `document-${index}`, ...document }));
    await db.query('insert into namespaces (id, name) values ($1, $2)', [NAMESPACE, 'filters']);
    await db.query('insert into collections (id, namespace_id, name) values ($1, $2, $3)', [
      COLLECTION,
      NAMESPACE,
      'c',
    ]);
    await db.query(
      `insert into documents (collection_id, document_id, content, metadata)
       select $1, * from unnest($2::text[], $3::text[], $4::jsonb[])`,
      [
        COLLECTION,
        documents.map(({ documentId }) => documentId),
        documents.map(({ content }) => content),
        documents.map(({ metadata }) => JSON.stringify(metadata)),
      ],
    );
  });

  afterAll(() => db.close());

  async function passing(filter: Filter): Promise<string[]> {
    const parameters = new SqlParameters();
    const rows = await db.query<{ document_id: string }>(
      `select document_id from documents d where ${filterCondition(filter, parameters)} order by doc`,
      parameters.values,
    );
    return rows.map((row) => row.document_id);
  }

  test('lets the same documents pass in SQL as in TypeScript', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFilter, async (filter) => {
        const expected = documents.filter((document) => matchesFilter(filter, document));
        expect(await passing(filter)).toEqual(expected.map(({ documentId }) => documentId));
      }),
      { numRuns: 400 },
    );
  });

  test('takes no value for SQL', async () => {
    const evil = `'; drop table documents; --`;
    expect(await passing({ kind: 'comparison', field: `a${evil}`, operator: 'eq', value: evil })).toEqual([]);
    expect(await passing({ kind: 'comparison', field: `b.${evil}`, operator: 'contains', value: evil })).toEqual([]);
    expect(await passing({ kind: 'comparison', field: 'content', operator: 'lt', value: evil })).not.toContain(evil);
    expect(await passing({ kind: 'and', operands: [] })).toHaveLength(documents.length);
  });

  test('is answered from the index on metadata where it asks for equality', async () => {
    const parameters = new SqlParameters();
    const condition = filterCondition({ kind: 'comparison', field: 'a', operator: 'in', value: ['x', 1] }, parameters);
    const plan = await db.transaction(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      return tx.query(`explain select 1 from documents d where ${condition}`, parameters.values);
    });
    expect(JSON.stringify(plan)).toContain('Bitmap Index Scan on documents_metadata');
  });
});
