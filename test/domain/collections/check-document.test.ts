import { describe, expect, test } from 'vitest';
import { checkDocument } from '../../../src/collections/check-document.ts';
import type { DocumentInput } from '../../../src/collections/collection-input.ts';
import type { Collection, CollectionFeature, Metadata } from '../../../src/collections/collection.ts';

const feature = (id: number, featureUri: string, extractor: string | null, dimensions: number): CollectionFeature => ({
  ...{ id, featureUri, extractor, dimensions },
  ...{ kind: 'vector', model: 'm', precision: 'float32', fields: ['content'] },
});

const collection: Collection = {
  id: '01890000-0000-7000-8000-000000000001',
  namespaceId: '01890000-0000-7000-8000-000000000002',
  name: 'products',
  features: [feature(1, 'attune://text@v1/dense', 'minilm', 384), feature(2, 'acme://image@v1/clip', null, 3)],
  createdAt: 0,
};

const sound: DocumentInput = { documentId: 'd1', content: 'red tent', metadata: { price: 5 }, vectors: null };
const check = (change: Partial<DocumentInput>) => checkDocument(collection, { ...sound, ...change }, 'documents[3]');
const image = (values: number[], featureUri = 'acme://image@v1/clip') => ({ vectors: [{ featureUri, values }] });
const nested = (depth: number): Metadata => (depth === 1 ? { a: 1 } : { a: nested(depth - 1) });

describe('a document', () => {
  test('is stored as it was sent, with its vectors at unit length', () => {
    expect(check(image([0, 3, 4])).document).toEqual({
      documentId: 'd1',
      content: 'red tent',
      metadata: { price: 5 },
      vectors: new Map([[2, Float32Array.of(0, 0.6, 0.8)]]),
    });
  });

  test.each<[string, Partial<DocumentInput>]>([
    ['no content, metadata or vectors', { content: null, metadata: null, vectors: null }],
    ['an id of 512 bytes', { documentId: 'é'.repeat(256) }],
    ['an id with spaces, quotes and slashes', { documentId: `/a b/o'neill?"#` }],
    ['content of 100 kB', { content: 'x'.repeat(100_000) }],
    ['whole surrogate pairs', { content: '🏕', metadata: { '🏕': ['🏕'] } }],
    ['metadata of 20 levels', { metadata: nested(20) }],
    ['numbers that overflow single precision', image([1e300, 1, 1])],
  ])('may have %s', (_name, change) => {
    expect(check(change).fault).toBeUndefined();
  });

  test.each<[string, Partial<DocumentInput>, string, RegExp]>([
    ['an empty id', { documentId: '' }, 'INVALID_DOCUMENT_ID', /documents\[3\]\.documentId.*1 to 512 bytes/],
    ['an id of 10 kB', { documentId: 'x'.repeat(10_240) }, 'DOCUMENT_ID_TOO_LONG', /documentId has 10240 bytes.*512/],
    ['an id of 513 bytes in fewer characters', { documentId: 'é'.repeat(256) + 'x' }, 'DOCUMENT_ID_TOO_LONG', /513/],
    ['an id with a line break', { documentId: 'a\nb' }, 'INVALID_DOCUMENT_ID', /control characters/],
    ['content of more than 100 kB', { content: 'é'.repeat(50_001) }, 'CONTENT_TOO_LONG', /content has 100002 bytes/],
    ['content with NUL', { content: 'a\0b' }, 'INVALID_CONTENT', /content holds a NUL/],
    [
      'metadata that is a list',
      { metadata: [] as unknown as Metadata },
      'INVALID_METADATA',
      /metadata must be a JSON object/,
    ],
    ['metadata that is a text', { metadata: '{}' as unknown as Metadata }, 'INVALID_METADATA', /must be a JSON object/],
    ['metadata of more than 64 kB', { metadata: { a: 'x'.repeat(64_000) } }, 'METADATA_TOO_LONG', /64008 bytes/],
    ['metadata of 21 levels', { metadata: nested(21) }, 'INVALID_METADATA', /deeper than 20 levels/],
    ['metadata of 100,000 levels', { metadata: nestedWide(100_000) }, 'INVALID_METADATA', /deeper than 20 levels/],
    ['NUL in metadata', { metadata: { a: [{ b: 'x\0' }] } }, 'INVALID_METADATA', /NUL/],
    ['NUL in a key of metadata', { metadata: { 'a\0': 1 } }, 'INVALID_METADATA', /NUL/],
    ['half a surrogate pair in metadata', { metadata: { a: '\udc00' } }, 'INVALID_METADATA', /half a surrogate/],
    [
      'a vector of the wrong length',
      image([1, 2]),
      'DIMENSION_MISMATCH',
      /vectors\[0\]\.values has 2 numbers.*3 dimensions/,
    ],
    ['NaN in a vector', image([1, NaN, 2]), 'INVALID_VECTOR', /values\[1\] is NaN/],
    ['infinity in a vector', image([1, 0, -Infinity]), 'INVALID_VECTOR', /values\[2\] is -Infinity/],
    ['a vector of zeros', image([0, 0, 0]), 'INVALID_VECTOR', /all zeros/],
    [
      'a vector for an unknown feature',
      image([1, 2, 3], 'acme://x@v1/y'),
      'UNKNOWN_FEATURE_URI',
      /acme:\/\/image@v1\/clip/,
    ],
    [
      'a vector for a filled feature',
      image([1], 'attune://text@v1/dense'),
      'FEATURE_NOT_CALLER_FILLED',
      /leave its vector out/,
    ],
    [
      'two vectors for a feature',
      { vectors: [...image([1, 2, 3]).vectors, ...image([1, 2, 3]).vectors] },
      'DUPLICATE_VECTOR',
      /vectors\[1\]/,
    ],
  ])('is refused for %s', (_name, change, code, message) => {
    expect(check(change).fault).toEqual({ code, message: expect.stringMatching(message) as string });
  });
});

function nestedWide(depth: number): Metadata {
  let metadata: Metadata = {};
  for (let level = 0; level < depth; level += 1) metadata = { a: metadata };
  return metadata;
}
