import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentText } from '../../../src/collections/document-text.ts';
import { seededRng } from '../../../src/shared/rng.ts';
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

type MovieText = Omit<Movie, 'vector'>;

export interface MovieCorpus {
  name: string;
  /** The first so many are real; those after them are made of two real ones each. */
  real: number;
  movies: readonly Movie[];
  queries: readonly JudgedQuery[];
}

/** Made ones are embedded by so many, so that larger corpora begin with the vectors of smaller ones. */
const MADE_AT_ONCE = 10_000;

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
  const made = madeMovies(real, documents - real.length);
  for (let from = 0; from < made.length; from += MADE_AT_ONCE) {
    const some = made.slice(from, from + MADE_AT_ONCE);
    const theirs = await embedOnce(`${set.name}-made`, some.map(movieText), say);
    movies.push(...some.map((movie, index): Movie => ({ ...movie, vector: theirs[index] as Float32Array })));
  }
  return { name: set.name, real: real.length, movies, queries: set.queries };
}

/** What the dense feature reads. */
export function movieText({ documentId, title, overview, actors }: MovieText): string {
  return documentText({ documentId, content: null, metadata: { title, overview, actors } }, movieFields);
}

function realMovie({ id, title, overview, actors }: CorpusDocument): MovieText {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    documentId: String(id),
    title: text(title),
    overview: text(overview),
    actors: Array.isArray(actors) ? actors.map(String) : [],
  };
}

/** The same in every run, and the first of many the same as if there were few. */
function madeMovies(real: readonly MovieText[], count: number): MovieText[] {
  const rng = seededRng('made movies');
  const pick = () => real[Math.floor(rng.next() * real.length)] as MovieText;
  return Array.from({ length: Math.max(0, count) }, (_, number) => madeMovie(number, pick(), pick()));
}

/** Half of each parent's words and cast. */
function madeMovie(number: number, one: MovieText, other: MovieText): MovieText {
  return {
    documentId: `made-${number}`,
    title: [...firstHalf(words(one.title)), ...lastHalf(words(other.title))].join(' '),
    overview: [...firstHalf(words(one.overview)), ...lastHalf(words(other.overview))].join(' '),
    actors: [...firstHalf(one.actors), ...lastHalf(other.actors)],
  };
}

const words = (text: string) => text.split(/\s+/u);
const firstHalf = <T>(list: readonly T[]) => list.slice(0, Math.ceil(list.length / 2));
const lastHalf = <T>(list: readonly T[]) => list.slice(Math.ceil(list.length / 2));
