import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { logShape } from './analytics-log.ts';
import type { Measurement } from './benchmark.ts';
import { growHistory } from './growth/history-growth.ts';
import { growContexts } from './growth/posterior-growth.ts';
import { growDocuments, growFeatures } from './growth/search-growth.ts';
import { engineNames, type EngineName } from './movies/engines.ts';
import { defaultDataFolder, openMovieCorpus } from './movies/movie-corpus.ts';

type Row = Record<string, string | number>;

/** Filling takes longer than any request of a server. */
const REQUEST_MS = 600_000;

const numbers = (list: string) => list.split(',').filter(Boolean).map(Number);

/** What things cost as there is more of everything: documents, features, users with weights of their own, history. */
export async function benchmarkGrowth(say: (line: string) => void, args: readonly string[]): Promise<Measurement> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      documents: { type: 'string', default: '1000,3000,10000' },
      features: { type: 'string', default: '2,4,6,8' },
      'feature-documents': { type: 'string', default: '3000' },
      contexts: { type: 'string', default: '10000,100000,1000000' },
      interactions: { type: 'string', default: '1000000,10000000' },
      engines: { type: 'string', default: engineNames().join(',') },
      data: { type: 'string', default: defaultDataFolder },
    },
  });
  const rows: Row[] = [...(await growSearch(values, say))];
  if (values.contexts !== '') {
    const warehouse = await openFresh();
    rows.push(...(await growContexts(warehouse, numbers(values.contexts), say).finally(() => warehouse.close())));
  }
  rows.push(...(await growHistory(openFresh, numbers(values.interactions), say)));
  const { documents, features, contexts, interactions } = values;
  const featureDocuments = values['feature-documents'];
  return { parameters: { documents, features, featureDocuments, contexts, interactions, log: logShape }, rows };
}

async function growSearch(
  values: { data: string; documents: string; features: string; 'feature-documents': string; engines: string },
  say: (line: string) => void,
): Promise<Row[]> {
  const sizes = numbers(values.documents);
  const counts = numbers(values.features);
  const featureDocuments = Number(values['feature-documents']);
  if (sizes.length + counts.length === 0) return [];
  const corpus = await openMovieCorpus(values.data, Math.max(...sizes, featureDocuments), say);
  if (corpus === null) {
    say(`Without documents and features: there is no folder ${values.data}; give one with --data.`);
    return [];
  }
  const rows: Row[] = [];
  for (const engine of values.engines.split(',') as EngineName[]) {
    rows.push(...(await growDocuments(engine, corpus, sizes, say)));
    if (counts.length === 0) continue;
    const some = { ...corpus, movies: corpus.movies.slice(0, featureDocuments) };
    rows.push(...(await growFeatures(engine, some, counts, say)));
  }
  return rows;
}

async function openFresh(): Promise<Warehouse> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const warehouse = await openWarehouse({ url: null, directory, logger: silentLogger, requestTimeoutMs: REQUEST_MS });
  await migrateWarehouse(warehouse, silentLogger);
  return {
    ...warehouse,
    async close() {
      await warehouse.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
