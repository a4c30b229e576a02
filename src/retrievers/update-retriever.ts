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
    const changed = {
      name: given.name ?? current.name,
      inputSchema: given.inputSchema ?? current.inputSchema,
      stages: given.stages ?? current.stages,
    };
    checkStorable(changed);
    const collections = await findCollections(deps, namespaceId, input.collectionIds ?? current.collectionIds);
    const definition: RetrieverDefinition = { ...changed, collectionIds: collections.map(({ id }) => id) };
    checkDefinition(definition, collections, {
      stages: input.stages === null ? null : ['input', 'stages'],
      inputSchema: ['input', 'inputSchema'],
      collectionIds: ['input', 'collectionIds'],
    });
    return definition;
  });
}
