import { create, insertMultiple, search as searchOrama } from '@orama/orama';
import MiniSearch from 'minisearch';
import { fuse } from '../../../src/fusion/fuse.ts';
import type { ScoredDocument } from '../../../src/fusion/ranked-list.ts';
import { dot } from './bare-queries.ts';
import { openLanceDb } from './lancedb.ts';
import type { Movie } from './movie-corpus.ts';

/** What somebody would take instead, filled with the same texts and vectors, with its own defaults. */
export interface Rival {
  system: string;
  /** Hybrid search. @returns what it shows, best first */
  search(text: string, vector: Float32Array): Promise<{ documentId: string }[]>;
  close(): Promise<void>;
}

const SHOWN = 25;
const TOP_K = 100;
const BATCH = 1_000;

export async function openRivals(movies: readonly Movie[], say: (line: string) => void): Promise<Rival[]> {
  const rivals = [await openOrama(movies), openMiniSearch(movies)];
  const lance = await openLanceDb(movies, { shown: SHOWN, topK: TOP_K }, say);
  return lance === null ? rivals : [...rivals, lance];
}

async function openOrama(movies: readonly Movie[]): Promise<Rival> {
  const db = create({
    schema: { title: 'string', overview: 'string', actors: 'string[]', vector: 'vector[384]' } as const,
  });
  for (let from = 0; from < movies.length; from += BATCH) {
    const batch = movies.slice(from, from + BATCH).map(({ documentId, title, overview, actors, vector }) => {
      return { id: documentId, title, overview, actors: [...actors], vector: [...vector] };
    });
    await insertMultiple(db, batch, BATCH);
  }
  return {
    system: 'Orama, hybrid',
    async search(term, vector) {
      const { hits } = await searchOrama(db, {
        ...{ mode: 'hybrid', term, limit: SHOWN, similarity: 0 },
        vector: { value: [...vector], property: 'vector' },
      });
      return hits.map(({ id }) => ({ documentId: id }));
    },
    close: () => Promise.resolve(),
  };
}

/** BM25 by MiniSearch, the nearest vectors by looking at all of them, and reciprocal rank fusion of the two. */
function openMiniSearch(movies: readonly Movie[]): Rival {
  const index = new MiniSearch<Movie>({
    idField: 'documentId',
    fields: ['title', 'overview', 'actors'],
    extractField: (movie, field) => {
      const value = movie[field as keyof Movie];
      return Array.isArray(value) ? value.join(' ') : (value as string);
    },
  });
  index.addAll(movies);
  return {
    system: 'MiniSearch and all vectors, RRF',
    search(text, vector) {
      const lexical = index.search(text).slice(0, TOP_K);
      const dense = movies.map(({ documentId, vector: own }): ScoredDocument => {
        return { documentId, score: dot(vector, own) };
      });
      const fused = fuse('RRF', [
        { featureUri: 'minisearch', hits: lexical.map(({ id, score }) => ({ documentId: id as string, score })) },
        { featureUri: 'vectors', hits: dense.sort((a, b) => b.score - a.score).slice(0, TOP_K) },
      ]);
      return Promise.resolve(fused.slice(0, SHOWN));
    },
    close: () => Promise.resolve(),
  };
}
