import { parseArgs } from 'node:util';
import type { Measurement } from './benchmark.ts';
import { pickQueries } from './learning/judged-set.ts';
import { measureBareQueries, measure, queryVectors } from './movies/bare-queries.ts';
import { createEngine, engineNames, type EngineName } from './movies/engines.ts';
import { fillMovies } from './movies/fill-movies.ts';
import { measureAttune, measureWithDocuments, type AttuneMeasurement } from './movies/measure-attune.ts';
import { defaultDataFolder, openMovieCorpus, type MovieCorpus } from './movies/movie-corpus.ts';
import { movieFeatures } from './movies/movie-features.ts';
import { createMovieRetriever, serveMovies, teachMovies } from './movies/movie-search.ts';
import { openRivals } from './movies/rivals.ts';

type Row = Record<string, string | number>;
type Say = (line: string) => void;

const parameters = {
  ...{ measured: 300, warmUp: 50, teaching: 200 },
  throughput: { clients: 8, seconds: 5 },
  ...{ topK: 100, shown: 25 },
};

function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      documents: { type: 'string', default: '10000' },
      engines: { type: 'string', default: engineNames().join(',') },
      // in memory, all of it: larger ones want more than Node's default heap
      'rivals-up-to': { type: 'string', default: '10000' },
      // building its index of vectors takes most of an hour beyond
      'embedded-up-to': { type: 'string', default: '100000' },
      data: { type: 'string', default: defaultDataFolder },
    },
  });
  return {
    data: values.data,
    sizes: values.documents.split(',').map(Number),
    engines: values.engines.split(',') as EngineName[],
    rivalsUpTo: Number(values['rivals-up-to']),
    embeddedUpTo: Number(values['embedded-up-to']),
  };
}

/**
 * What a learned search costs beside static ones, beside the bare queries beneath it and beside what else there is, and
 * how good each one's ranking is: at every size, on the embedded engine and on the Postgres of ATTUNE_TEST_DATABASE_URL.
 */
export async function benchmarkSearch(say: Say, args: readonly string[]): Promise<Measurement | null> {
  const { data, sizes, engines, rivalsUpTo, embeddedUpTo } = optionsOf(args);
  const rows: Row[] = [];
  let corpus: MovieCorpus | null = null;
  for (const documents of sizes) {
    corpus = await openMovieCorpus(data, documents, say);
    if (corpus === null) {
      say(`Skipped: there is no folder ${data}. Give one with --data: corpus.jsonl, queries.jsonl and qrels.tsv.`);
      return null;
    }
    const { teaching, measurement } = plan(corpus);
    for (const engine of engines) {
      if (engine === 'embedded' && documents > embeddedUpTo) continue;
      say(`${documents} documents, ${engine}`);
      const own = await measureEngine(engine, corpus, { teaching, measurement }, say);
      rows.push(...own.map((row) => ({ engine, documents, ...row })));
    }
    if (documents > rivalsUpTo) continue;
    say(`${documents} documents, others`);
    rows.push(
      ...(await measureRivals(corpus, measurement, say)).map((row) => ({ engine: 'its own', documents, ...row })),
    );
  }
  return { parameters: { ...parameters, ...describe(corpus) }, rows };
}

/** Clicks come from other queries than those that are measured; which ones is the same in every run. */
function plan({ queries }: MovieCorpus): { teaching: MovieCorpus['queries']; measurement: AttuneMeasurement } {
  const { measured, warmUp, teaching, throughput } = parameters;
  const picked = pickQueries(queries, measured + warmUp + teaching, 'search');
  return {
    teaching: picked.slice(measured + warmUp),
    measurement: { queries: picked.slice(0, measured + warmUp), warmUp, throughput },
  };
}

async function measureEngine(
  name: EngineName,
  corpus: MovieCorpus,
  { teaching, measurement }: ReturnType<typeof plan>,
  say: Say,
): Promise<Row[]> {
  const engine = await createEngine(name);
  try {
    const database = await engine.open();
    const collection = await fillMovies(database, corpus.movies, movieFeatures, say);
    const bare = await measureBareQueries(database, collection, corpus, measurement);
    await database.close();
    say('  bare queries measured');

    const server = await serveMovies(engine, movieFeatures, measurement.throughput.clients);
    try {
      const retrievers = [];
      for (const fusion of ['LEARNED', 'WEIGHTED', 'RRF'] as const) {
        retrievers.push({ fusion, id: await createMovieRetriever(server.ask, collection, movieFeatures, fusion) });
      }
      const [learned] = retrievers;
      if (learned === undefined) throw new Error('no retriever');
      say(`  learned from ${await teachMovies(server.ask, learned.id, teaching)} clicks`);
      const served = await measureAttune(server.ask, retrievers, measurement);
      return [...served, await measureWithDocuments(server.ask, learned, measurement), ...bare];
    } finally {
      await server.stop();
    }
  } finally {
    await engine.dispose();
  }
}

async function measureRivals(corpus: MovieCorpus, measurement: AttuneMeasurement, say: Say): Promise<Row[]> {
  const vectors = await queryVectors(measurement.queries);
  const rows: Row[] = [];
  for (const rival of await openRivals(corpus.movies, say)) {
    rows.push({
      system: rival.system,
      ...(await measure(measurement, ({ id, text }) => rival.search(text, vectors.get(id)!))),
    });
    await rival.close();
    say(`  ${rival.system} measured`);
  }
  return rows;
}

function describe(corpus: MovieCorpus | null): Record<string, unknown> {
  return {
    corpus: corpus?.name,
    documents: `${corpus?.real} real ones; those beyond are made: half the words of each of two, embedded as the real ones are`,
    features: movieFeatures,
    weighted: 'equal weights',
    learned: 'from clicks on the first relevant hit of other queries',
    overhead: 'time at the client less that of the slowest feature query, its embedding included',
    others: 'their time is without embedding the query',
  };
}
