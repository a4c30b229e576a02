import type { CollectionFeature } from '../collections/collection.ts';
import { isPictureUrl } from '../extractors/picture-url.ts';
import { unitVector } from '../shared/unit-vector.ts';
import { ValidationError } from '../shared/errors.ts';
import type { Template } from './retriever.ts';
import { onlyReference } from './template.ts';

type Path = readonly (string | number)[];

/** What a feature is asked for. */
export type RenderedQuery = { kind: 'text'; text: string } | { kind: 'vector'; vector: Float32Array };

const MAX_TEXT_LENGTH = 10_000;
const MAX_PICTURE_LENGTH = 60_000;

/**
 * Checks that a query fits what fills the feature: a text where an extractor does, a vector where the caller does.
 * @throws ValidationError INVALID_QUERY
 */
export function checkQueryTemplate(template: Template, feature: CollectionFeature, path: Path): void {
  const query = unwrapped(template, feature, path);
  if (onlyReference(query) === null) renderedQuery(template, feature, path);
}

/**
 * Reads a query whose placeholders are filled in. A vector comes out at unit length.
 * @throws ValidationError INVALID_QUERY, EMPTY_QUERY, DIMENSION_MISMATCH, INVALID_VECTOR
 */
export function renderedQuery(rendered: unknown, feature: CollectionFeature, path: Path): RenderedQuery {
  const query = unwrapped(rendered, feature, path);
  if (feature.extractor === null) return { kind: 'vector', vector: queryVector(query, feature, path) };
  if (typeof query !== 'string' && typeof query !== 'number') throw invalidQuery(feature, path);
  const text = String(query).trim();
  if (text === '') {
    throw new ValidationError(`The query of ${feature.featureUri} is empty: send a text.`, 'EMPTY_QUERY', path);
  }
  const longest = isPictureUrl(text) ? MAX_PICTURE_LENGTH : MAX_TEXT_LENGTH;
  if (text.length <= longest) return { kind: 'text', text };
  throw new ValidationError(
    `The query of ${feature.featureUri} has ${text.length} characters: at most ${longest} are searched for.`,
    'INVALID_QUERY',
    path,
  );
}

/** The text or vector of `{ text: … }` or `{ vector: … }`, or of one written without that. */
function unwrapped(query: unknown, feature: CollectionFeature, path: Path): unknown {
  if (typeof query !== 'object' || query === null || Array.isArray(query)) return query;
  const [entry, ...others] = Object.entries(query);
  if (entry === undefined || others.length > 0) throw invalidQuery(feature, path);
  if (entry[0] !== (feature.extractor === null ? 'vector' : 'text')) throw invalidQuery(feature, path);
  return entry[1];
}

function queryVector(query: unknown, feature: CollectionFeature, path: Path): Float32Array {
  if (!Array.isArray(query) || !query.every((value): value is number => typeof value === 'number')) {
    throw invalidQuery(feature, path);
  }
  if (query.length !== feature.dimensions) {
    throw new ValidationError(
      `The query of ${feature.featureUri} has ${query.length} numbers, but the feature has ${feature.dimensions} dimensions.`,
      'DIMENSION_MISMATCH',
      path,
    );
  }
  const vector = unitVector(query);
  if (vector !== null) return vector;
  throw new ValidationError(
    `The query of ${feature.featureUri} must be of finite numbers that are not all 0.`,
    'INVALID_VECTOR',
    path,
  );
}

function invalidQuery(feature: CollectionFeature, path: Path): ValidationError {
  const remedy =
    feature.extractor === null
      ? 'its vectors come from the caller, so its query is { "vector": [...] } or a placeholder such as "{{INPUT.vector}}"'
      : 'it is filled from text, so its query is a text or a placeholder such as "{{INPUT.query}}"';
  return new ValidationError(
    `The query does not fit the feature ${feature.featureUri}: ${remedy}.`,
    'INVALID_QUERY',
    path,
  );
}
