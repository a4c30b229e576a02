import { stemmer } from 'stemmer';
import type { LexicalExtractor } from './extractor.ts';

/** Longer ones are hashes, encoded data and the like: they cost space and find nothing. */
const maxTermLength = 64;

/**
 * So common in English that they say nothing of a text. They must go here, not only by their low idf: in a short field
 * such as a title they are rare, hence wrongly telling.
 */
const stopWords = new Set(
  (
    'a an and are as at be but by can do for from has have how i if in into is it its me my no not of on or our so ' +
    'such that the their them then there these they this to was we what which will with you your'
  ).split(' '),
);

/** A word or a compound of words: `wood-burning`, `AX-4432B`, `1.5`, `1,000`, `hiker's`. */
const compound = /[\p{L}\p{M}\p{N}]+(?:[-_./'’][\p{L}\p{M}\p{N}]+|,(?=\d{3}(?!\d))\d{3})*/gu;
const decimal = /^\d+(?:,\d{3})*(?:\.\d+)?$/;
/** The borders between letters and digits. */
const letterDigitBorder = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u;
/** Runs of scripts that are written without spaces. */
const unspaced =
  /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+)/u;

/**
 * The terms of a text for BM25: lower case, without accents, Porter-stemmed (Porter 1980, "An algorithm for suffix
 * stripping"), English stop words left out unless there is nothing else. A compound yields its parts and itself without
 * its joints, so that `AX-4432B`, `ax 4432 b` and `AX4432B` meet. Scripts without spaces yield overlapping pairs of
 * characters.
 */
export function createBm25(): LexicalExtractor {
  return { kind: 'lexical', name: 'bm25', model: 'english-porter@1', precision: 'exact', terms };
}

function terms(text: string): Map<string, number> {
  const words = [...foldCase(text).matchAll(compound)].flatMap(([match]) => split(match));
  const telling = words.filter((word) => !stopWords.has(word));
  const counts = new Map<string, number>();
  for (const word of telling.length > 0 ? telling : words) {
    if (word.length > maxTermLength) continue;
    const term = /^[a-z]+$/.test(word) ? stemmer(word) : word;
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

/** Only the general diacritics go; the vowel signs of Indic scripts, also combining marks, tell words apart. */
function foldCase(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036F]/g, '')
    .normalize('NFC');
}

/** The words that a compound stands for. */
function split(match: string): string[] {
  if (decimal.test(match)) return [match.replaceAll(',', '')];
  const withoutPossessive = match.replace(/['’]s$/, '').replace(/['’]/g, '');
  const joints = withoutPossessive.split(/[-_./,]/);
  const parts = joints.flatMap((part) => part.split(letterDigitBorder)).flatMap(splitUnspaced);
  if (parts.length === 1) return parts;
  const whole = joints.join('');
  return unspaced.test(whole) ? parts : [whole, ...parts];
}

function splitUnspaced(word: string): string[] {
  return word
    .split(unspaced)
    .filter((run) => run !== '')
    .flatMap((run) => {
      const characters = [...run];
      if (!unspaced.test(run) || characters.length === 1) return [run];
      return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
    });
}
