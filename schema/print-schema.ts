import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './index.ts';

export const schemaFile = new URL('schema.graphql', import.meta.url);

/** Sorted, so that moving code makes no difference. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

if (import.meta.filename === process.argv[1]) writeFileSync(schemaFile, printedSchema());
