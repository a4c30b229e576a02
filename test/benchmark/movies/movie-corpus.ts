import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentText } from '../../../src/collections/document-text.ts';
import { seededRng, type Rng } from '../../../src/shared/rng.ts';
import { readJudgedSet, type CorpusDocument, type JudgedQuery } from '../learning/judged-set.ts';
import { embedOnce } from './embed-once.ts';

/** Where the judged set lies unless an option says otherwise: as for `npm run bench:learning`. */
export const defaultDataFolder = fileURLToPath(new URL('../../../../shared/data/msrd', import.meta.url));

/** The fields that are searched: each is a BM25 feature of its own, all together the dense one. */
export const movieFields = ['title', 'overview', 'actors'] as const;

export interface Movie {
  documentId: string;
  title: string;
  overview: string;
  actors: readonly string[];
  /** Of all fields together, a unit vector. */
  vector: Float32Array;
}

export interface MovieCorpus {
  name: string;
  /** The first so many are real; those after them are made of two real ones each. */
  real: number;
  movies: readonly Movie[];
  queries: readonly JudgedQuery[];
}

/** In a made vector, beside its parents: so that the nearest real one is about as near as real ones are to each other, .6. */
const NOISE = 0.6;

/** Null where the folder is not there. */
export async function openMovieCorpus(
  folder: string,
  documents: number,
  say: (line: string) => void,
): Promise<MovieCorpus | null> {
  if (!existsSync(folder)) return null;
  const set = readJudgedSet(folder);
  // all of them, however few are wanted, so that one cache serves every size
  const all = set.documents.map(realMovie);
  const vectors = await embedOnce(set.name, all.map(movieText), say);
  const real = all.slice(0, documents);
  const movies = real.map((movie, index): Movie => ({ ...movie, vector: vectors[index] as Float32Array }));
  const rng = seededRng('made movies');
  const pick = () => movies[Math.floor(rng.next() * real.length)] as Movie;
  for (let n = 0; movies.length < documents; n++) movies.push(madeMovie(n, pick(), pick(), rng));
  return { name: set.name, real: real.length, movies, queries: set.queries };
}

/** What the dense feature reads. */
export function movieText({ documentId, title, overview, actors }: Omit<Movie, 'vector'>): string {
  return documentText({ documentId, content: null, metadata: { title, overview, actors } }, movieFields);
}

function realMovie({ id, title, overview, actors }: CorpusDocument): Omit<Movie, 'vector'> {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    documentId: String(id),
    title: text(title),
    overview: text(overview),
    actors: Array.isArray(actors) ? actors.map(String) : [],
  };
}

/** Half of each parent's words and cast, and a vector between the parents with a direction of its own. */
function madeMovie(number: number, one: Movie, other: Movie, rng: Rng): Movie {
  const own = randomDirection(one.vector.length, rng);
  return {
    documentId: `made-${number}`,
    title: [...firstHalf(words(one.title)), ...lastHalf(words(other.title))].join(' '),
    overview: [...firstHalf(words(one.overview)), ...lastHalf(words(other.overview))].join(' '),
    actors: [...firstHalf(one.actors), ...lastHalf(other.actors)],
    vector: unit(one.vector.map((value, i) => (value + (other.vector[i] as number)) / 2 + NOISE * (own[i] as number))),
  };
}

const words = (text: string) => text.split(/\s+/u);
const firstHalf = <T>(list: readonly T[]) => list.slice(0, Math.ceil(list.length / 2));
const lastHalf = <T>(list: readonly T[]) => list.slice(Math.ceil(list.length / 2));

function randomDirection(dimensions: number, rng: Rng): Float32Array {
  return unit(Float32Array.from({ length: dimensions }, () => rng.next() + rng.next() + rng.next() - 1.5));
}

function unit(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}
