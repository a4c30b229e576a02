import { holdsUnstorable } from '../shared/storable-json.ts';
import type { Document } from './collection.ts';

/** Where a field name leads: the document's own id or content, or down into its metadata. */
export type FieldSource =
  { kind: 'documentId' } | { kind: 'content' } | { kind: 'metadata'; keys: readonly [string, ...string[]] };

/**
 * `document_id` and `content` name those; anything else is a metadata field whose dots descend into objects (never into
 * arrays). A leading `metadata.` is optional, and reaches metadata fields that happen to be called `content`.
 */
export function fieldSource(field: string): FieldSource {
  if (field === 'document_id') return { kind: 'documentId' };
  if (field === 'content') return { kind: 'content' };
  const [first = '', ...rest] = (field.startsWith('metadata.') ? field.slice('metadata.'.length) : field).split('.');
  return { kind: 'metadata', keys: [first, ...rest] };
}

/** The value a field name leads to; null and absent are the same, null. */
export function documentField(document: Document, field: string): unknown {
  const source = fieldSource(field);
  if (source.kind === 'documentId') return document.documentId;
  if (source.kind === 'content') return document.content;
  let value: unknown = document.metadata;
  for (const key of source.keys) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return value ?? null;
}

const MAX_FIELD_LENGTH = 200;

/** What is wrong with a field name, as the end of a sentence; null: nothing. */
export function fieldNameFault(field: unknown): string | null {
  if (typeof field !== 'string' || field === '') return 'must be the name of a field';
  if (field.length > MAX_FIELD_LENGTH) return `is longer than ${MAX_FIELD_LENGTH} characters`;
  if (holdsUnstorable(field)) return 'holds a character that no stored field name can hold';
  const source = fieldSource(field);
  if (source.kind === 'metadata' && source.keys.includes('')) return 'has an empty part: write it as "a.b.c"';
  return null;
}
