import type { ExtractorRegistry } from '../extractors/extractor.ts';
import { parseFeatureUri } from '../extractors/feature-uri.ts';
import { ValidationError } from '../shared/errors.ts';
import type { CreateCollectionInput, FeatureInput } from './collection-input.ts';
import type { CollectionStore } from './collection-store.ts';
import type { Collection, FeatureSpec } from './collection.ts';
import { fieldNameFault } from './document-field.ts';
import { describeExtractor } from './feature-extractor.ts';

export interface CollectionDeps {
  collections: CollectionStore;
  extractors: ExtractorRegistry;
}

const MAX_NAME_LENGTH = 100;
const MAX_FEATURES = 16;
const MAX_FIELDS = 20;
/** pgvector's HNSW takes no longer ones (half precision from 2,001 on). */
const MAX_DIMENSIONS = 4000;

type Path = readonly (string | number)[];

/** @throws ValidationError, ConflictError COLLECTION_NAME_TAKEN */
export async function createCollection(
  deps: CollectionDeps,
  namespaceId: string,
  input: CreateCollectionInput,
): Promise<Collection> {
  const name = input.name.trim();
  checkName(name);
  const path = ['input', 'features'];
  if (input.features.length === 0) {
    throw new ValidationError(
      'features is empty; a collection needs at least one to be searched by.',
      'NO_FEATURES',
      path,
    );
  }
  if (input.features.length > MAX_FEATURES) {
    throw new ValidationError(
      `features has ${input.features.length} entries; a collection holds at most ${MAX_FEATURES}.`,
      'TOO_MANY_FEATURES',
      path,
    );
  }
  const seen = new Set<string>();
  const features = input.features.map((feature, index) => {
    const spec = featureSpec(feature, deps.extractors, [...path, index]);
    if (seen.has(spec.featureUri)) {
      throw new ValidationError(
        `${spec.featureUri} is listed twice; a feature is one index, and one entry in features.`,
        'DUPLICATE_FEATURE_URI',
        [...path, index, 'featureUri'],
      );
    }
    seen.add(spec.featureUri);
    return spec;
  });
  return deps.collections.create(namespaceId, name, features);
}

function checkName(name: string): void {
  if (name.length >= 1 && name.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Surrogate}]/u.test(name)) return;
  throw new ValidationError(
    `name must have 1 to ${MAX_NAME_LENGTH} characters and no control characters.`,
    'INVALID_NAME',
    ['input', 'name'],
  );
}

function featureSpec(input: FeatureInput, extractors: ExtractorRegistry, path: Path): FeatureSpec {
  parseFeatureUri(input.featureUri, [...path, 'featureUri']);
  const { featureUri } = input;
  const fields = checkFields(input.fields, [...path, 'fields']);
  const extractor = extractors.resolve(featureUri);
  if (extractor === null) {
    const dimensions = callerDimensions(input, extractors, path);
    return { featureUri, kind: 'vector', extractor: null, model: 'caller', precision: 'float32', dimensions, fields };
  }
  const filling = describeExtractor(extractor);
  checkDimensions(input, filling.dimensions, path);
  return { featureUri, extractor: extractor.name, ...filling, fields };
}

function callerDimensions(input: FeatureInput, extractors: ExtractorRegistry, path: Path): number {
  if (input.dimensions === null) {
    const known = extractors.known().map(({ featureUri }) => featureUri);
    throw new ValidationError(
      `No extractor stands behind ${input.featureUri}. Use one of ${known.join(', ')}; ` +
        'or give dimensions, which makes it a feature whose vectors come with the documents.',
      'UNKNOWN_FEATURE_URI',
      [...path, 'featureUri'],
    );
  }
  if (Number.isInteger(input.dimensions) && input.dimensions >= 1 && input.dimensions <= MAX_DIMENSIONS) {
    return input.dimensions;
  }
  throw new ValidationError(
    `dimensions of ${input.featureUri} must be a whole number from 1 to ${MAX_DIMENSIONS}, not ${input.dimensions}.`,
    'INVALID_DIMENSIONS',
    [...path, 'dimensions'],
  );
}

/** `actual` is the extractor's; null: a lexical one. */
function checkDimensions(input: FeatureInput, actual: number | null, path: Path): void {
  if (actual !== null && actual > MAX_DIMENSIONS) {
    throw new ValidationError(
      `The extractor behind ${input.featureUri} makes vectors of ${actual} dimensions; an index holds at most ${MAX_DIMENSIONS}. ` +
        'Configure a shorter output for it.',
      'INVALID_DIMENSIONS',
      [...path, 'featureUri'],
    );
  }
  if (input.dimensions === null || input.dimensions === actual) return;
  const filled = actual === null ? 'terms, which have none' : `vectors of ${actual}`;
  throw new ValidationError(
    `dimensions of ${input.featureUri} is ${input.dimensions}, but its extractor makes ${filled}; leave dimensions out.`,
    'DIMENSION_MISMATCH',
    [...path, 'dimensions'],
  );
}

function checkFields(fields: readonly string[] | null, path: Path): readonly string[] {
  if (fields === null) return ['content'];
  if (fields.length === 0 || fields.length > MAX_FIELDS) {
    throw new ValidationError(
      `fields must name 1 to ${MAX_FIELDS} fields; leave it out for ["content"].`,
      'INVALID_FIELDS',
      path,
    );
  }
  fields.forEach((field, index) => {
    const fault = fieldNameFault(field);
    if (fault !== null) throw new ValidationError(`fields[${index}] ${fault}.`, 'INVALID_FIELDS', [...path, index]);
  });
  return fields;
}
