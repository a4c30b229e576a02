import { holdsUnstorable, isDeeperThan, unstorableCharacters } from '../shared/storable-json.ts';
import type { DocumentInput } from './collection-input.ts';
import type { Collection, CollectionFeature, Document, Metadata } from './collection.ts';
import { unitVector } from '../shared/unit-vector.ts';

/** A document fit to be stored, with the vectors its sender brought, at unit length, by feature id. */
export interface CheckedDocument extends Document {
  vectors: ReadonlyMap<number, Float32Array>;
}

export interface DocumentFault {
  code: string;
  message: string;
}

const MAX_ID_BYTES = 512;
const MAX_CONTENT_BYTES = 100_000;
const MAX_METADATA_BYTES = 64_000;
const MAX_METADATA_DEPTH = 20;

/** `name` is what messages call the document: `documents[3]`. */
export function checkDocument(
  collection: Collection,
  input: DocumentInput,
  name: string,
): { document: CheckedDocument; fault?: undefined } | { document?: undefined; fault: DocumentFault } {
  const metadata = input.metadata ?? {};
  const fault =
    idFault(input.documentId, `${name}.documentId`) ??
    contentFault(input.content, `${name}.content`) ??
    metadataFault(metadata, `${name}.metadata`);
  if (fault !== null) return { fault };
  const { documentId, content } = input;
  const vectors = new Map<number, Float32Array>();
  for (const [index, given] of (input.vectors ?? []).entries()) {
    const checked = checkVector(collection, given, `${name}.vectors[${index}]`);
    if (checked.fault) return { fault: checked.fault };
    if (vectors.has(checked.feature.id)) {
      const message = `${name}.vectors[${index}].featureUri occurs twice; a document has one vector a feature.`;
      return { fault: { code: 'DUPLICATE_VECTOR', message } };
    }
    vectors.set(checked.feature.id, checked.vector);
  }
  return { document: { documentId, content, metadata, vectors } };
}

function idFault(id: string, name: string): DocumentFault | null {
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) {
    const message = `${name} has ${bytes} bytes; at most ${MAX_ID_BYTES} are kept. Use a shorter id, a hash of it, say.`;
    return { code: 'DOCUMENT_ID_TOO_LONG', message };
  }
  if (bytes > 0 && !/[\p{Cc}\p{Surrogate}]/u.test(id)) return null;
  const message = `${name} must have 1 to ${MAX_ID_BYTES} bytes and no control characters.`;
  return { code: 'INVALID_DOCUMENT_ID', message };
}

function contentFault(content: string | null, name: string): DocumentFault | null {
  if (content === null) return null;
  const bytes = Buffer.byteLength(content);
  if (bytes > MAX_CONTENT_BYTES) {
    const message = `${name} has ${bytes} bytes; at most ${MAX_CONTENT_BYTES} are kept. Split it into several documents.`;
    return { code: 'CONTENT_TOO_LONG', message };
  }
  return holdsUnstorable(content) ? { code: 'INVALID_CONTENT', message: `${name} ${unstorableCharacters}.` } : null;
}

function metadataFault(metadata: Metadata, name: string): DocumentFault | null {
  // typed as an object, but it comes as JSON from outside
  if (typeof metadata !== 'object' || Array.isArray(metadata)) {
    return { code: 'INVALID_METADATA', message: `${name} must be a JSON object, such as { "category": "tents" }.` };
  }
  if (isDeeperThan(metadata, MAX_METADATA_DEPTH)) {
    const message = `${name} is nested deeper than ${MAX_METADATA_DEPTH} levels; flatten it.`;
    return { code: 'INVALID_METADATA', message };
  }
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > MAX_METADATA_BYTES) {
    const message = `${name} has ${bytes} bytes as JSON; at most ${MAX_METADATA_BYTES} are kept. Move long text to content.`;
    return { code: 'METADATA_TOO_LONG', message };
  }
  return holdsUnstorable(metadata) ? { code: 'INVALID_METADATA', message: `${name} ${unstorableCharacters}.` } : null;
}

function checkVector(
  collection: Collection,
  given: { featureUri: string; values: readonly number[] },
  name: string,
): { feature: CollectionFeature; vector: Float32Array; fault?: undefined } | { fault: DocumentFault } {
  const { featureUri, values } = given;
  const feature = collection.features.find((candidate) => candidate.featureUri === featureUri);
  if (feature === undefined) return { fault: unknownFeature(collection, featureUri, name) };
  if (feature.extractor !== null) {
    const message = `${name}: ${featureUri} is filled from the document's ${feature.fields.join(', ')}; leave its vector out.`;
    return { fault: { code: 'FEATURE_NOT_CALLER_FILLED', message } };
  }
  if (values.length !== feature.dimensions) {
    const message = `${name}.values has ${values.length} numbers, but ${featureUri} has ${feature.dimensions} dimensions.`;
    return { fault: { code: 'DIMENSION_MISMATCH', message } };
  }
  const vector = unitVector(values);
  if (vector !== null) return { feature, vector };
  const at = values.findIndex((value) => !Number.isFinite(value));
  const message =
    at === -1
      ? `${name}.values is all zeros, which points nowhere; leave the vector out and the document is not found by ${featureUri}.`
      : `${name}.values[${at}] is ${values[at]}; every number must be finite.`;
  return { fault: { code: 'INVALID_VECTOR', message } };
}

function unknownFeature(collection: Collection, featureUri: string, name: string): DocumentFault {
  const own = collection.features.filter(({ extractor }) => extractor === null).map((feature) => feature.featureUri);
  const remedy =
    own.length === 0 ? 'Its features take no vectors; leave them out.' : `It takes vectors for ${own.join(', ')}.`;
  const message = `${name}.featureUri: the collection has no feature ${JSON.stringify(featureUri.slice(0, 200))}. ${remedy}`;
  return { code: 'UNKNOWN_FEATURE_URI', message };
}
