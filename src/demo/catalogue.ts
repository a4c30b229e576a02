import { readFileSync } from 'node:fs';
import type { DocumentInput } from '../collections/collection-input.ts';

/**
 * `technical` products are titled by what they are and described in figures; `homely` ones have a name for a title and
 * are described by what they are like to own. So a search of titles finds the first, a search of meanings the second.
 */
export type ProductStyle = 'technical' | 'homely';

/** A product of the demo's invented outdoor and home shop. */
export interface Product {
  /** The title as a slug. */
  documentId: string;
  title: string;
  content: string;
  category: string;
  brand: string;
  style: ProductStyle;
  price: number;
  colour: string;
  /** 1 to 5. */
  rating: number;
  tags: readonly string[];
}

/** The products, 12 of each category, one a line of catalogue.jsonl. */
export function readCatalogue(): Product[] {
  const lines = readFileSync(new URL('./catalogue.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Product);
}

/** @param image what shows it, as a data URL */
export function toDocument({ documentId, content, ...metadata }: Product, image: string): DocumentInput {
  return { documentId, content, metadata: { ...metadata, image }, vectors: null };
}
