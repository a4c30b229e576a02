import type { VectorExtractor } from './extractor.ts';
import { murmur3 } from './murmur3.ts';

const dimensions = 1024;
const gramLengths = [3, 4, 5] as const;
/** What is read of a text: enough for any description, and a bound on the work of one. */
const charactersRead = 32_768;

/** Between two words; hyphens, dots, underscores and apostrophes stay inside one, to be dropped there. */
const wordGap = /[^\p{L}\p{M}\p{N}\-._'’]+/u;
const notAlphanumeric = /[^\p{L}\p{N}]+/gu;

/**
 * Spelling as a vector: the words of a text and the 3- to 5-grams of their characters, hashed with a sign into 1,024
 * dimensions (Weinberger et al. 2009, arXiv:0902.2206; word boundaries as in Bojanowski et al. 2017, arXiv:1607.04606),
 * 1 + ln(count) each, L2-normalised. Near for typos and part numbers however punctuated; knows nothing of meaning.
 */
export function createNgram(): VectorExtractor {
  return {
    kind: 'vector',
    name: 'ngram',
    model: 'hashed-word-3-5-gram@1',
    precision: 'float32',
    dimensions,
    embed: (texts) => Promise.resolve(texts.map(embed)),
    close: () => Promise.resolve(),
  };
}

function embed(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  const encoder = new TextEncoder();
  for (const [feature, count] of countFeatures(text)) {
    const hash = murmur3(encoder.encode(feature));
    const bucket = hash % dimensions;
    // The sign comes from a bit that the bucket does not use; it makes collisions cancel on average.
    const sign = hash >>> 31 === 0 ? 1 : -1;
    vector[bucket] = (vector[bucket] as number) + sign * (1 + Math.log(count));
  }
  return normalize(vector);
}

/** Word and gram features with their counts, in order of appearance. */
function countFeatures(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  for (const word of words(text)) {
    count(`word ${word}`);
    const bounded = [...`<${word}>`];
    for (const length of gramLengths) {
      for (let start = 0; start + length <= bounded.length; start++) {
        count(`gram ${bounded.slice(start, start + length).join('')}`);
      }
    }
  }
  // A text without letters or digits is like every other such text, and its vector still has a length.
  if (counts.size === 0) count('word ');
  return counts;
}

/** Lower case, without accents, letters and digits only: `AX-4432B` → `ax4432b`. */
function words(text: string): string[] {
  return text
    .slice(0, charactersRead)
    .normalize('NFKD')
    .toLowerCase()
    .split(wordGap)
    .map((word) => word.replace(notAlphanumeric, ''))
    .filter((word) => word !== '');
}

function normalize(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  // Every feature may have met its opposite in the same bucket; a first unit vector is as good as any other then.
  if (length === 0) vector[0] = 1;
  else for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return vector;
}
