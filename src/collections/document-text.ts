import type { Document } from './collection.ts';
import { documentField } from './document-field.ts';

/** What an extractor reads of a document: its fields, each on a line of its own. Empty: it is not indexed in that feature. */
export function documentText(document: Document, fields: readonly string[]): string {
  return fields
    .map((field) => plainText(documentField(document, field)).trim())
    .filter((text) => text !== '')
    .join('\n');
}

function plainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainText).join(' ');
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
