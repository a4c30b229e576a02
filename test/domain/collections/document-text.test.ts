import { expect, test } from 'vitest';
import { documentText } from '../../../src/collections/document-text.ts';

const document = {
  documentId: 'd1',
  content: ' A red tent\n',
  metadata: {
    title: 'Tent',
    brand: { name: 'Föhn' },
    tags: ['camping', 'summer', 3],
    price: 0,
    deep: { er: {} },
    nil: null,
  },
};

test.each<[string, string[], string]>([
  ['the content', ['content'], 'A red tent'],
  ['several fields, a line each', ['title', 'content'], 'Tent\nA red tent'],
  ['a field at depth', ['brand.name'], 'Föhn'],
  ['a field after metadata.', ['metadata.title'], 'Tent'],
  ['a list as its items', ['tags'], 'camping summer 3'],
  ['a number', ['price'], '0'],
  ['nothing for what is absent, null or an object', ['absent', 'nil', 'deep', 'brand.name.first'], ''],
  ['only what is there', ['absent', 'title', 'deep', 'brand.name'], 'Tent\nFöhn'],
])('the text of a document is %s', (_name, fields, text) => {
  expect(documentText(document, fields)).toBe(text);
});
