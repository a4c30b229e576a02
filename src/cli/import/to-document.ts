import type { RowFormat } from './read-rows.ts';

/** As upsertDocuments takes it. */
export interface ImportedDocument {
  documentId: string;
  content?: string;
  metadata?: Record<string, unknown>;
  vectors?: unknown;
}

export interface Mapping {
  format: RowFormat;
  /** Null: `documentId`, `id` or `_id`. */
  idField: string | null;
  /** Null: `content` or `text`. */
  contentField: string | null;
}

const ID_FIELDS = ['documentId', 'id', '_id'];
const CONTENT_FIELDS = ['content', 'text'];

/**
 * A row to a document: an id, the text where there is one, `vectors` as they are, and everything else as metadata. A row that
 * has an object `metadata` is taken for a document already, which that object's fields belong to.
 * @returns a string where it cannot be one: why
 */
export function toDocument(row: Record<string, unknown>, mapping: Mapping): ImportedDocument | string {
  const idFields = mapping.idField === null ? ID_FIELDS : [mapping.idField];
  const idField = idFields.find((name) => isGiven(row[name]));
  if (idField === undefined)
    return `It has no ${idFields.join(', ')}: name the field that holds its id with --id-field.`;
  const id = row[idField];
  if (typeof id !== 'string' && typeof id !== 'number') return `${idField} is neither text nor a number.`;
  const contentFields = mapping.contentField === null ? CONTENT_FIELDS : [mapping.contentField];
  const contentField = contentFields.find((name) => typeof row[name] === 'string' && row[name] !== '');
  const { [idField]: _id, ...rest } = row;
  const { metadata, vectors, ...fields } = contentField === undefined ? rest : without(rest, contentField);
  return {
    documentId: String(id),
    ...(contentField !== undefined && { content: row[contentField] as string }),
    ...metadataOf(fields, metadata, mapping.format),
    ...(vectors !== undefined && mapping.format === 'jsonl' && { vectors }),
  };
}

function without(row: Record<string, unknown>, name: string): Record<string, unknown> {
  const { [name]: _left, ...rest } = row;
  return rest;
}

/** A CSV knows no numbers: what reads as one exactly is taken for one, and an empty cell for nothing. */
function metadataOf(
  fields: Record<string, unknown>,
  own: unknown,
  format: RowFormat,
): { metadata?: Record<string, unknown> } {
  const ofCells = Object.entries(fields).filter(([, value]) => isGiven(value));
  const values = format === 'csv' ? ofCells.map(([name, value]) => [name, fromCell(String(value))]) : ofCells;
  const isObject = typeof own === 'object' && own !== null && !Array.isArray(own);
  const metadata = { ...Object.fromEntries(values), ...(isObject ? own : isGiven(own) ? { metadata: own } : {}) };
  return Object.keys(metadata).length === 0 ? {} : { metadata };
}

function fromCell(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() === text && Number.isFinite(number) && String(number) === text ? number : text;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
