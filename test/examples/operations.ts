import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The text of an operation in this folder. */
export function operation(name: string): string {
  return readFileSync(path.join(import.meta.dirname, `${name}.graphql`), 'utf8');
}
