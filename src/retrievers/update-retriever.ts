import { checkDefinition } from './check-definition.ts';
import {
  checkStorable,
  findCollections,
  parseName,
  parseSchemaObject,
  type RetrieverDeps,
} from './create-retriever.ts';
import { parseStages } from './parse-stages.ts';
import { resolveWarmStart } from './resolve-warm-start.ts';
import type { UpdateRetrieverInput } from './retriever-input.ts';
import type { Retriever, RetrieverDefinition } from './retriever.ts';

/**
 * Changes what is given and keeps the rest, as a new version.
 * @throws ValidationError, NotFoundError RETRIEVER_NOT_FOUND and COLLECTION_NOT_FOUND, ConflictError RETRIEVER_NAME_TAKEN
 */
export async function updateRetriever(
  deps: RetrieverDeps,
  namespaceId: string,
  input: UpdateRetrieverInput,
): Promise<Retriever> {
  const stages = input.stages === null ? null : parseStages(input.stages, ['input', 'stages']);
  const given = {
    name: input.retrieverName === null ? null : parseName(input.retrieverName),
    inputSchema: parseSchemaObject(input.inputSchema),
    stages: stages && (await resolveWarmStart(deps.lessons, namespaceId, stages)),
  };
  return deps.retrievers.update(namespaceId, input.retrieverId, async (current) => {
    const definition: RetrieverDefinition = {
      name: given.name ?? current.name,
      collectionIds: input.collectionIds ?? current.collectionIds,
      inputSchema: given.inputSchema ?? current.inputSchema,
      stages: given.stages ?? current.stages,
    };
    checkStorable(definition);
    const collections = await findCollections(deps, namespaceId, definition.collectionIds);
    checkDefinition(definition, collections, {
      stages: input.stages === null ? null : ['input', 'stages'],
      inputSchema: ['input', 'inputSchema'],
      collectionIds: ['input', 'collectionIds'],
    });
    return definition;
  });
}
