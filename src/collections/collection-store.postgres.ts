import { v7 as uuidv7, validate as isUuid } from 'uuid';
import type { Database, Queryable } from '../postgres/database.ts';
import { ConflictError, ValidationError } from '../shared/errors.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import type { CollectionStore } from './collection-store.ts';
import type { Collection, CollectionFeature, Document, FeatureSpec, IndexedDocument } from './collection.ts';
import { broughtVectors, pageDocuments, toDocument, type DocumentRow } from './document-pages.postgres.ts';
import { createFeatureTables } from './feature-tables.postgres.ts';
import { replacePostings } from './lexical-index.postgres.ts';
import { replaceVectors } from './vector-index.postgres.ts';

/** Collections in Postgres: documents in one table, each feature's index in tables of its own. */
export function createPostgresCollectionStore(db: Database): CollectionStore {
  return {
    create: (namespaceId, name, features) => createCollection(db, namespaceId, name, features),
    get: (namespaceId, ids) => getCollections(db, namespaceId, ids),
    list: (namespaceId, page) => listCollections(db, namespaceId, page),
    count: (collectionIds) => countDocuments(db, collectionIds),
    extractedFeatureUris: () => extractedFeatureUris(db),
    write: (collection, documents) => db.transaction((tx) => writeDocuments(tx, collection, documents)),
    remove: (collection, documentIds) => db.transaction((tx) => removeDocuments(tx, collection, documentIds)),
    documents: (collectionIds, documentIds) => getDocuments(db, collectionIds, documentIds),
    documentPage: (collectionId, page) => pageDocuments(db, collectionId, page),
    broughtVectors: (collection, documentIds) => broughtVectors(db, collection, documentIds),
  };
}

const UNIQUE_VIOLATION = '23505';

async function createCollection(
  db: Database,
  namespaceId: string,
  name: string,
  features: readonly FeatureSpec[],
): Promise<Collection> {
  try {
    return await db.transaction(async (tx) => {
      const id = uuidv7();
      await tx.query('insert into collections (id, namespace_id, name) values ($1, $2, $3)', [id, namespaceId, name]);
      for (const [position, feature] of features.entries()) await insertFeature(tx, id, position, feature);
      const [collection] = await getCollections(tx, namespaceId, [id]);
      if (!collection) throw new Error(`The collection ${id} vanished while it was made`);
      for (const feature of collection.features) await createFeatureTables(tx, feature);
      return collection;
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    throw new ConflictError(
      `The namespace has a collection named ${JSON.stringify(name)} already; choose another name, or use that one.`,
      'COLLECTION_NAME_TAKEN',
      ['input', 'name'],
    );
  }
}

async function insertFeature(tx: Queryable, collectionId: string, position: number, spec: FeatureSpec): Promise<void> {
  await tx.query(
    `insert into collection_features
       (collection_id, position, feature_uri, kind, extractor, model, precision, dimensions, fields)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      collectionId,
      position,
      spec.featureUri,
      spec.kind,
      spec.extractor,
      spec.model,
      spec.precision,
      spec.dimensions,
      spec.fields,
    ],
  );
}

interface CollectionRow {
  id: string;
  namespace_id: string;
  name: string;
  created_at: Date;
  features: CollectionFeature[];
}

const SELECT_COLLECTIONS = `
  select c.id, c.namespace_id, c.name, c.created_at, f.features
  from collections c
  cross join lateral (
    select json_agg(
      json_build_object(
        'id', id, 'featureUri', feature_uri, 'kind', kind, 'extractor', extractor, 'model', model,
        'precision', precision, 'dimensions', dimensions, 'fields', fields
      ) order by position
    ) as features
    from collection_features where collection_id = c.id
  ) f`;

async function getCollections(db: Queryable, namespaceId: string, ids: readonly string[]): Promise<Collection[]> {
  const possible = ids.filter((id) => isUuid(id));
  if (possible.length === 0) return [];
  const rows = await db.query<CollectionRow>(
    `${SELECT_COLLECTIONS} where c.namespace_id = $1 and c.id = any($2::uuid[])`,
    [namespaceId, possible],
  );
  return rows.map(toCollection);
}

async function listCollections(db: Queryable, namespaceId: string, page: PageRequest): Promise<Page<Collection>> {
  if (page.after !== null && !isUuid(page.after)) {
    throw new ValidationError('after is not a cursor of this list; take it from pageInfo.', 'INVALID_CURSOR', [
      'after',
    ]);
  }
  const rows = await db.query<CollectionRow>(
    `${SELECT_COLLECTIONS}
     where c.namespace_id = $1 and ($2::uuid is null or c.id < $2) order by c.id desc limit $3`,
    [namespaceId, page.after, page.limit + 1],
  );
  return { items: rows.slice(0, page.limit).map(toCollection), hasNextPage: rows.length > page.limit };
}

function toCollection(row: CollectionRow): Collection {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    name: row.name,
    features: row.features,
    createdAt: row.created_at.getTime(),
  };
}

async function countDocuments(db: Queryable, collectionIds: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map(collectionIds.map((id) => [id, 0]));
  const rows = await db.query<{ collection_id: string; count: number }>(
    'select collection_id, count(*) as count from documents where collection_id = any($1::uuid[]) group by collection_id',
    [collectionIds],
  );
  for (const row of rows) counts.set(row.collection_id, row.count);
  return counts;
}

async function extractedFeatureUris(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ feature_uri: string }>(
    'select distinct feature_uri from collection_features where extractor is not null',
  );
  return rows.map(({ feature_uri }) => feature_uri);
}

/**
 * Writers of one collection take turns: its BM25 statistics stay exact, and two calls with the same documents in another
 * order cannot deadlock. Other collections, and all readers, are not held up.
 */
async function lockCollection(tx: Queryable, collection: Collection): Promise<void> {
  await tx.query('select from collections where id = $1 for no key update', [collection.id]);
}

async function writeDocuments(
  tx: Queryable,
  collection: Collection,
  documents: readonly IndexedDocument[],
): Promise<void> {
  await lockCollection(tx, collection);
  const stored = await upsertRows(tx, collection, documents);
  for (const feature of collection.features) {
    // what an extractor makes follows from content and metadata: where those are as before, its entries are too
    const stale = stored.filter(({ changed }) => changed || feature.extractor === null);
    if (feature.kind === 'vector') {
      const entries = stale.map(({ doc, document }) => ({ doc, vector: document.vectors.get(feature.id) ?? null }));
      await replaceVectors(tx, feature, entries);
    } else {
      const entries = stale.map(({ doc, document }) => ({ doc, terms: document.terms.get(feature.id) ?? new Map() }));
      await replacePostings(tx, feature, entries);
    }
  }
}

/** Inserts or updates the rows of the documents; says of each its number, and whether it is new or other than before. */
async function upsertRows(
  tx: Queryable,
  collection: Collection,
  documents: readonly IndexedDocument[],
): Promise<{ doc: number; changed: boolean; document: IndexedDocument }[]> {
  const byId = new Map(documents.map((document) => [document.documentId, document]));
  const rows = await tx.query<{ doc: number; document_id: string; changed: boolean }>(
    `with sent as materialized (
       select * from unnest($2::text[], $3::text[], $4::jsonb[]) as s (document_id, content, metadata)
     ), same as materialized (
       select d.doc, d.document_id from documents d join sent s using (document_id)
       where d.collection_id = $1 and d.content is not distinct from s.content and d.metadata = s.metadata
     ), written as (
       insert into documents (collection_id, document_id, content, metadata)
       select $1, document_id, content, metadata from sent
       where document_id not in (select document_id from same)
       on conflict (collection_id, document_id)
       do update set content = excluded.content, metadata = excluded.metadata, updated_at = now()
       returning doc, document_id
     )
     select doc, document_id, true as changed from written
     union all
     select doc, document_id, false from same`,
    [
      collection.id,
      [...byId.keys()],
      documents.map(({ content }) => content),
      documents.map(({ metadata }) => JSON.stringify(metadata)),
    ],
  );
  return rows.map(({ doc, document_id, changed }) => {
    const document = byId.get(document_id);
    if (!document) throw new Error('Postgres returned a document that was not sent');
    return { doc, changed, document };
  });
}

async function removeDocuments(tx: Queryable, collection: Collection, documentIds: readonly string[]): Promise<number> {
  await lockCollection(tx, collection);
  const rows = await tx.query<{ doc: number }>(
    'delete from documents where collection_id = $1 and document_id = any($2::text[]) returning doc',
    [collection.id, storable(documentIds)],
  );
  for (const feature of collection.features) {
    if (feature.kind === 'vector') {
      await replaceVectors(
        tx,
        feature,
        rows.map(({ doc }) => ({ doc, vector: null })),
      );
    } else {
      await replacePostings(
        tx,
        feature,
        rows.map(({ doc }) => ({ doc, terms: new Map() })),
      );
    }
  }
  return rows.length;
}

async function getDocuments(
  db: Queryable,
  collectionIds: readonly string[],
  documentIds: readonly string[],
): Promise<Document[]> {
  const rows = await db.query<DocumentRow>(
    `select distinct on (d.document_id) d.document_id, d.content, d.metadata
     from unnest($1::uuid[]) with ordinality as c (id, place)
     join documents d on d.collection_id = c.id
     where d.document_id = any($2::text[])
     order by d.document_id, c.place`,
    [collectionIds, storable(documentIds)],
    { prepare: true },
  );
  return rows.map(toDocument);
}

/** Postgres refuses a text with a NUL, so no document has such an id. */
function storable(documentIds: readonly string[]): string[] {
  return documentIds.filter((id) => !id.includes('\0'));
}
