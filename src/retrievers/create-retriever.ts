import type { CollectionStore } from '../collections/collection-store.ts';
import type { Collection } from '../collections/collection.ts';
import { NotFoundError, ValidationError } from '../shared/errors.ts';
import { unstorable } from '../shared/storable-json.ts';
import { checkDefinition } from './check-definition.ts';
import { parseStages } from './parse-stages.ts';
import type { CreateRetrieverInput } from './retriever-input.ts';
import type { RetrieverStore } from './retriever-store.ts';
import { resolveWarmStart, type JudgedLessons } from './resolve-warm-start.ts';
import type { Retriever, RetrieverDefinition } from './retriever.ts';

export interface RetrieverDeps {
  retrievers: RetrieverStore;
  collections: Pick<CollectionStore, 'get'>;
  lessons: JudgedLessons;
}

const MAX_NAME_LENGTH = 100;
const MAX_COLLECTIONS = 10;
const MAX_PART_BYTES = 128_000;

/** @throws ValidationError, NotFoundError COLLECTION_NOT_FOUND, ConflictError RETRIEVER_NAME_TAKEN */
export async function createRetriever(
  deps: RetrieverDeps,
  namespaceId: string,
  input: CreateRetrieverInput,
): Promise<Retriever> {
  const given = {
    name: parseName(input.retrieverName),
    inputSchema: parseSchemaObject(input.inputSchema),
    stages: await resolveWarmStart(deps.lessons, namespaceId, parseStages(input.stages, ['input', 'stages'])),
  };
  checkStorable(given);
  const collections = await findCollections(deps, namespaceId, input.collectionIds);
  const definition: RetrieverDefinition = { ...given, collectionIds: collections.map(({ id }) => id) };
  checkDefinition(definition, collections, {
    stages: ['input', 'stages'],
    inputSchema: ['input', 'inputSchema'],
    collectionIds: ['input', 'collectionIds'],
  });
  return deps.retrievers.create(namespaceId, definition);
}

/** @throws ValidationError INVALID_NAME */
export function parseName(name: string): string {
  const trimmed = name.trim();
  const fits = trimmed.length >= 1 && trimmed.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Surrogate}]/u.test(trimmed);
  if (fits) return trimmed;
  throw new ValidationError(
    `retrieverName must have 1 to ${MAX_NAME_LENGTH} characters and no control characters.`,
    'INVALID_NAME',
    ['input', 'retrieverName'],
  );
}

/** @throws ValidationError INVALID_INPUT_SCHEMA; what is in the object is checked with the whole definition */
export function parseSchemaObject(schema: unknown): Record<string, unknown> | null {
  if (schema === null || schema === undefined) return null;
  if (typeof schema === 'object' && !Array.isArray(schema)) return schema as Record<string, unknown>;
  throw new ValidationError(
    'inputSchema must be an object such as { "query": { "type": "text" } }.',
    'INVALID_INPUT_SCHEMA',
    ['input', 'inputSchema'],
  );
}

/**
 * In the order of their ids, which a caller may spell in capitals: what is kept are the ids of what comes back.
 * @throws ValidationError INVALID_COLLECTIONS, NotFoundError COLLECTION_NOT_FOUND
 */
export async function findCollections(
  deps: Pick<RetrieverDeps, 'collections'>,
  namespaceId: string,
  ids: readonly string[],
): Promise<Collection[]> {
  const path = ['input', 'collectionIds'];
  const distinct = new Set(ids.map((id) => id.toLowerCase()));
  if (ids.length < 1 || ids.length > MAX_COLLECTIONS || distinct.size < ids.length) {
    throw new ValidationError(
      `collectionIds must name 1 to ${MAX_COLLECTIONS} collections, each once.`,
      'INVALID_COLLECTIONS',
      path,
    );
  }
  const found = new Map((await deps.collections.get(namespaceId, ids)).map((one) => [one.id, one] as const));
  return ids.map((id, index) => {
    const collection = found.get(id.toLowerCase());
    if (collection !== undefined) return collection;
    throw new NotFoundError(
      `There is no collection ${JSON.stringify(id.slice(0, 100))} in this namespace: create it first.`,
      'COLLECTION_NOT_FOUND',
      [...path, index],
    );
  });
}

/** @throws ValidationError RETRIEVER_NOT_STORABLE */
export function checkStorable(definition: Pick<RetrieverDefinition, 'stages' | 'inputSchema'>): void {
  for (const [part, value] of Object.entries({ stages: definition.stages, inputSchema: definition.inputSchema })) {
    const fault = unstorable(value, MAX_PART_BYTES);
    if (fault !== null) throw new ValidationError(`${part} ${fault}.`, 'RETRIEVER_NOT_STORABLE', ['input', part]);
  }
}
