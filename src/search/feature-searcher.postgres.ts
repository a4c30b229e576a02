import type { Queryable } from '../postgres/database.ts';
import { invariant } from '../shared/invariant.ts';
import type { FeatureSearcher } from './feature-searcher.ts';
import { searchPostings } from './lexical-search.postgres.ts';
import { searchVectors } from './vector-search.postgres.ts';

/** Feature searches in Postgres: pgvector's HNSW for vectors, BM25 over a postings table for terms. */
export function createPostgresFeatureSearcher(db: Queryable): FeatureSearcher {
  return {
    search(request) {
      const { feature, query } = request;
      invariant(feature.kind === query.kind, `${feature.featureUri} is asked by its own kind of query`);
      return query.kind === 'vector'
        ? searchVectors(db, request, query.vector)
        : searchPostings(db, request, query.terms);
    },
  };
}
