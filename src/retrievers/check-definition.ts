import type { Collection, CollectionFeature } from '../collections/collection.ts';
import { ValidationError } from '../shared/errors.ts';
import { checkFilterTemplate } from './filter-template.ts';
import { describeInputs, parseInputSchema, type InputSchema } from './input-schema.ts';
import { checkQueryTemplate } from './query-template.ts';
import type { FeatureSearch, RetrieverDefinition, Template } from './retriever.ts';
import { inputNameOf, templateReferences } from './template.ts';

type Path = readonly (string | number)[];

/** Inputs that every search has, where it says them: its `userId`, `sessionId` and `segment`. */
export const callerInputs: readonly string[] = ['user_id', 'session_id', 'segment'];

/** Where the caller wrote the parts of a definition. What an update leaves out is blamed on what it does give. */
export interface DefinitionPaths {
  stages: Path | null;
  inputSchema: Path;
  collectionIds: Path;
}

/**
 * Checks what holds between the parts of a definition: its features are those of its collections, its queries fit
 * them, and its templates name inputs that its schema lists.
 * @throws ValidationError UNKNOWN_FEATURE_URI, INVALID_QUERY, INVALID_FILTER, INVALID_TEMPLATE, UNKNOWN_TEMPLATE_INPUT
 */
export function checkDefinition(
  definition: RetrieverDefinition,
  collections: readonly Collection[],
  paths: DefinitionPaths,
): void {
  const schema = parseInputSchema(definition.inputSchema, paths.inputSchema);
  const stagePath = (...rest: Path) => (paths.stages === null ? null : [...paths.stages, ...rest]);
  const checkTemplate = (template: Template, path: Path | null) => {
    assertInputsListed(templateReferences(template, path ?? paths.inputSchema), schema, path ?? paths.inputSchema);
  };
  const checkFilter = (template: Template | null, path: Path | null) => {
    if (template === null) return;
    checkTemplate(template, path);
    checkFilterTemplate(template, path ?? paths.inputSchema);
  };

  const [first, ...rest] = definition.stages;
  checkFilter(first.filters, stagePath(0, 'featureSearch', 'filters'));
  first.searches.forEach((search, index) => {
    const at = (field: string) => stagePath(0, 'featureSearch', 'searches', index, field);
    const feature = featureOfSearch(search, collections, at('featureUri') ?? paths.collectionIds);
    checkTemplate(search.query, at('query'));
    checkQueryTemplate(search.query, feature, at('query') ?? paths.collectionIds);
    checkFilter(search.filters, at('filters'));
  });
  rest.forEach((stage, index) => {
    if (stage.kind === 'attributeFilter') checkFilter(stage.filter, stagePath(index + 1, 'attributeFilter'));
  });
}

/** The feature a search asks for, which is the same in every collection that has it. */
function featureOfSearch(search: FeatureSearch, collections: readonly Collection[], path: Path): CollectionFeature {
  const held = collections.flatMap((collection) =>
    collection.features.filter((feature) => feature.featureUri === search.featureUri),
  );
  const [feature, ...others] = held;
  if (feature === undefined) {
    const known = [...new Set(collections.flatMap((collection) => collection.features.map((one) => one.featureUri)))];
    throw new ValidationError(
      `None of the retriever's collections has the feature ${search.featureUri}. They have: ${known.sort().join(', ')}.`,
      'UNKNOWN_FEATURE_URI',
      path,
    );
  }
  if (others.every((other) => filling(other) === filling(feature))) return feature;
  throw new ValidationError(
    `The retriever's collections fill the feature ${search.featureUri} differently (${[...new Set(held.map(filling))].join('; ')}), ` +
      'so that its scores cannot be compared: search them with a retriever each.',
    'FEATURE_MODEL_MISMATCH',
    path,
  );
}

function filling({ model, precision, dimensions }: CollectionFeature): string {
  return `${model}, ${precision}${dimensions === null ? '' : `, ${dimensions} dimensions`}`;
}

function assertInputsListed(references: readonly string[], schema: InputSchema | null, path: Path): void {
  if (schema === null) return;
  const unknown = references.map(inputNameOf).find((name) => !schema.has(name) && !callerInputs.includes(name));
  if (unknown === undefined) return;
  throw new ValidationError(
    `The template names the input "${unknown}", which inputSchema does not list. It lists: ${describeInputs(schema)}.`,
    'UNKNOWN_TEMPLATE_INPUT',
    path,
  );
}
