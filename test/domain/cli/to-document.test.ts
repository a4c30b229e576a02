import { describe, expect, it } from 'vitest';
import { toDocument, type Mapping } from '../../../src/cli/import/to-document.ts';

const jsonl: Mapping = { format: 'jsonl', idField: null, contentField: null };
const csv: Mapping = { ...jsonl, format: 'csv' };

describe('a row becomes a document', () => {
  it.each([
    [
      { documentId: 'a', content: 'x' },
      { documentId: 'a', content: 'x' },
    ],
    [
      { id: 7, text: 'x', price: 3 },
      { documentId: '7', content: 'x', metadata: { price: 3 } },
    ],
    [
      { _id: 'a', title: 't', text: '' },
      { documentId: 'a', metadata: { title: 't' } },
    ],
    [
      { documentId: 'a', metadata: { title: 't' }, tags: ['u'], vectors: [{ featureUri: 'f', values: [1] }] },
      { documentId: 'a', metadata: { tags: ['u'], title: 't' }, vectors: [{ featureUri: 'f', values: [1] }] },
    ],
    [
      { id: 'a', nothing: null, metadata: 'text' },
      { documentId: 'a', metadata: { metadata: 'text' } },
    ],
  ])('%j', (row, document) => expect(toDocument(row, jsonl)).toEqual(document));

  it('of a CSV with numbers and truths where cells are exactly that', () => {
    const row = {
      id: '007',
      text: 'x',
      price: '9.5',
      stock: '012',
      sold: 'true',
      empty: '',
      weight: '1e3',
      far: 'Infinity',
    };
    expect(toDocument(row, csv)).toEqual({
      ...{ documentId: '007', content: 'x' },
      metadata: { price: 9.5, stock: '012', sold: true, weight: '1e3', far: 'Infinity' },
    });
  });

  it('by the fields that are named', () => {
    const mapping = { ...jsonl, idField: 'sku', contentField: 'description' };
    expect(toDocument({ sku: 's', id: 'i', description: 'd', content: 'c' }, mapping)).toEqual({
      ...{ documentId: 's', content: 'd' },
      metadata: { id: 'i', content: 'c' },
    });
  });

  it.each([
    [{ title: 't' }, /no documentId, id, _id: name the field/],
    [{ id: '' }, /no documentId, id, _id/],
    [{ id: ['a'] }, /id is neither text nor a number/],
  ])('or says why it cannot: %j', (row, reason) => expect(toDocument(row, jsonl)).toMatch(reason));
});
