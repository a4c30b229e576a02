import { percentile } from '../benchmark.ts';
import { pickQueries } from '../learning/judged-set.ts';
import { createEngine, type EngineName } from '../movies/engines.ts';
import { fillMovies } from '../movies/fill-movies.ts';
import { timed } from '../movies/load.ts';
import type { MovieCorpus } from '../movies/movie-corpus.ts';
import { manyMovieFeatures, movieFeatures, type MovieFeature } from '../movies/movie-features.ts';
import { createMovieRetriever, searchMovies, serveMovies, type MovieSearch } from '../movies/movie-search.ts';

type Row = Record<string, string | number>;

const WARM_UP = 50;
const MEASURED = 150;

/** What a search with four features costs among ever more documents. */
export async function growDocuments(
  engine: EngineName,
  corpus: MovieCorpus,
  sizes: readonly number[],
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const documents of sizes) {
    const some = { ...corpus, movies: corpus.movies.slice(0, documents) };
    const [cost] = await costOf(engine, some, movieFeatures, [movieFeatures], say);
    rows.push({ curve: 'documents', engine, size: documents, ...cost });
  }
  return rows;
}

/** What a search costs with ever more features, over the same documents. */
export async function growFeatures(
  engine: EngineName,
  corpus: MovieCorpus,
  counts: readonly number[],
  say: (line: string) => void,
): Promise<Row[]> {
  // the dense one is among them all
  const dense = movieFeatures.filter(({ extractor }) => extractor === 'minilm');
  const lexical = manyMovieFeatures.filter((feature) => !dense.includes(feature));
  const choices = counts.map((count) => [...dense, ...lexical].slice(0, count));
  const costs = await costOf(engine, corpus, manyMovieFeatures, choices, say);
  return costs.map((cost, index) => ({ curve: 'features', engine, size: counts[index]!, ...cost }));
}

/** @param choices the features of one retriever each; they take turns */
async function costOf(
  name: EngineName,
  corpus: MovieCorpus,
  features: readonly MovieFeature[],
  choices: readonly (readonly MovieFeature[])[],
  say: (line: string) => void,
): Promise<Row[]> {
  const engine = await createEngine(name);
  try {
    const database = await engine.open();
    const collection = await fillMovies(database, corpus.movies, features, say);
    await database.close();
    const server = await serveMovies(engine, features, 1);
    try {
      const samples = [];
      for (const chosen of choices) {
        samples.push({
          id: await createMovieRetriever(server.ask, collection, chosen, 'LEARNED'),
          own: [] as Sample[],
        });
      }
      // other queries for each, or the second would find the vectors of the first
      const queries = pickQueries(corpus.queries, (WARM_UP + MEASURED) * choices.length, 'growth');
      for (const [n, { text }] of queries.entries()) {
        const { id, own } = samples[n % samples.length]!;
        const { ms, result } = await timed(() => searchMovies(server.ask, id, text));
        own.push({ ms, timing: result.timing });
      }
      return samples.map(({ own }) => summary(own.slice(WARM_UP)));
    } finally {
      await server.stop();
    }
  } finally {
    await engine.dispose();
  }
}

interface Sample {
  ms: number;
  timing: MovieSearch['timing'];
}

function summary(samples: readonly Sample[]): Row {
  const p50 = (of: (sample: Sample) => number) => percentile(samples.map(of), 50);
  return {
    what: 'a learned search, at the client',
    p50Ms: p50(({ ms }) => ms),
    p99Ms: percentile(
      samples.map(({ ms }) => ms),
      99,
    ),
    slowestFeatureP50Ms: p50(({ timing }) => Math.max(...timing.searches.map(({ ms }) => ms))),
    fusionP50Ms: p50(({ timing }) => timing.fusionMs),
  };
}
