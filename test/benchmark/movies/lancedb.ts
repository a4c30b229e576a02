import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './embed-once.ts';
import { movieText, type Movie } from './movie-corpus.ts';
import type { Rival } from './rivals.ts';

const PACKAGE = '@lancedb/lancedb';
const VERSION = '0.37.1';
const INSTALL_MS = 300_000;
const BATCH = 10_000;

/** The little of it that is used; it is no dependency, since it would double what `npm ci` installs. */
interface LanceDb {
  connect(directory: string): Promise<{ createTable(name: string, rows: object[]): Promise<Table> }>;
  Index: { fts(): unknown; hnswSq(options: object): unknown };
  rerankers: { RRFReranker: { create(): Promise<unknown> } };
}
interface Table {
  add(rows: object[]): Promise<unknown>;
  createIndex(column: string, options: { config: unknown }): Promise<void>;
  query(): Query;
  close(): void;
}
interface Query {
  nearestTo(vector: Float32Array): Query;
  distanceType(name: 'cosine'): Query;
  ef(breadth: number): Query;
  fullTextSearch(text: string): Query;
  rerank(reranker: unknown): Query;
  select(columns: string[]): Query;
  limit(count: number): Query;
  toArray(): Promise<{ documentId: string }[]>;
}

/** Null where it is not to be had here. */
export async function openLanceDb(
  movies: readonly Movie[],
  { shown, topK }: { shown: number; topK: number },
  say: (line: string) => void,
): Promise<Rival | null> {
  const lance = await load(say);
  if (lance === null) return null;
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-bench-lance-'));
  const rowsOf = (some: readonly Movie[]) =>
    some.map((movie) => ({ documentId: movie.documentId, text: movieText(movie), vector: [...movie.vector] }));
  const table = await (await lance.connect(directory)).createTable('movies', rowsOf(movies.slice(0, BATCH)));
  for (let from = BATCH; from < movies.length; from += BATCH) await table.add(rowsOf(movies.slice(from, from + BATCH)));
  await table.createIndex('text', { config: lance.Index.fts() });
  await table.createIndex('vector', { config: lance.Index.hnswSq({ distanceType: 'cosine' }) });
  const reranker = await lance.rerankers.RRFReranker.create();
  return {
    system: `LanceDB ${VERSION}, hybrid`,
    async search(text, vector) {
      const nearest = table
        .query()
        .nearestTo(vector)
        .distanceType('cosine')
        .ef(2 * topK);
      const both = nearest.fullTextSearch(text).rerank(reranker).select(['documentId']).limit(topK);
      return (await both.toArray()).slice(0, shown);
    },
    async close() {
      table.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** From the folder that the first run installs it into. */
async function load(say: (line: string) => void): Promise<LanceDb | null> {
  const folder = path.join(cacheFolder, `lancedb-${VERSION}`);
  try {
    if (!existsSync(path.join(folder, 'node_modules', PACKAGE))) {
      say(`  installing ${PACKAGE} ${VERSION} into ${folder}, to compare with`);
      await mkdir(folder, { recursive: true });
      const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`];
      await promisify(execFile)('npm', install, { timeout: INSTALL_MS });
    }
    // it warns of its own defaults at every query
    process.env.LANCEDB_LOG ??= 'error';
    return createRequire(path.join(folder, 'package.json'))(PACKAGE) as LanceDb;
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    say(`  without LanceDB, which is not to be had here: ${reason}`);
    return null;
  }
}
