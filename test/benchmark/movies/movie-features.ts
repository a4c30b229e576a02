import type { FeatureAliases } from '../../../src/extractors/registry.ts';
import { movieFields } from './movie-corpus.ts';

/** A feature of the movie collection, and what it reads. */
export interface MovieFeature {
  featureUri: string;
  extractor: 'bm25' | 'minilm' | 'ngram';
  fields: readonly string[];
}

const lexical = (...fields: string[]): MovieFeature => ({
  featureUri: `movies://${fields.join('-')}@v1/bm25`,
  extractor: 'bm25',
  fields,
});

/** BM25 over title, overview and cast, each by itself, and MiniLM over all of them: as in `npm run bench:learning`. */
export const movieFeatures: readonly MovieFeature[] = [
  ...movieFields.map((field) => lexical(field)),
  { featureUri: 'movies://all@v1/minilm', extractor: 'minilm', fields: movieFields },
];

/** Up to eight, for measuring what another one costs; the first four are the ones above. */
export const manyMovieFeatures: readonly MovieFeature[] = [
  ...movieFeatures,
  lexical('title', 'overview'),
  lexical('title', 'actors'),
  lexical('title', 'overview', 'actors'),
  { featureUri: 'movies://title@v1/ngram', extractor: 'ngram', fields: ['title'] },
];

/** What `ATTUNE_FEATURES` has to say of them. */
export function aliasesOf(features: readonly MovieFeature[]): FeatureAliases {
  return Object.fromEntries(features.map(({ featureUri, extractor }) => [featureUri, extractor]));
}
