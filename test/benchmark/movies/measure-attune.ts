import { rankingMetrics } from '../../../src/evaluations/ranking-metrics.ts';
import { percentile } from '../benchmark.ts';
import type { JudgedQuery } from '../learning/judged-set.ts';
import type { Ask } from './api-client.ts';
import { perSecond, spread, timed } from './load.ts';
import { searchMovies, type MovieSearch, type ServedFusion } from './movie-search.ts';

export interface ServedRetriever {
  fusion: ServedFusion;
  id: string;
}

export interface AttuneMeasurement {
  queries: readonly JudgedQuery[];
  warmUp: number;
  throughput: { clients: number; seconds: number };
}

interface Sample {
  ms: number;
  search: MovieSearch;
  ndcg: number;
}

/**
 * One row a retriever: how long its searches take at a client, one at a time, and how good they are; how many of them a
 * second so many clients get. The retrievers take turns, so that whatever else the machine does weighs on all alike. The last
 * row is what a round trip takes by itself, which is in all of them.
 */
export async function measureAttune(
  ask: Ask,
  retrievers: readonly ServedRetriever[],
  { queries, warmUp, throughput }: AttuneMeasurement,
): Promise<Record<string, string | number>[]> {
  const samples = new Map(retrievers.map(({ id }) => [id, [] as Sample[]]));
  const emptyMs: number[] = [];
  for (const [n, query] of queries.entries()) {
    for (const [turn, { id }] of rotated(retrievers, n).entries()) {
      const { ms, result: search } = await timed(() => searchMovies(ask, id, unheardOf(query.text, turn)));
      if (n >= warmUp) samples.get(id)?.push({ ms, search, ndcg: ndcgAt10(search.hits, query) });
    }
    const { ms } = await timed(() => ask('{ __typename }', {}));
    if (n >= warmUp) emptyMs.push(ms);
  }
  const rows: Record<string, string | number>[] = [];
  for (const { id, fusion } of retrievers) {
    const own = samples.get(id) ?? [];
    const texts = queries.map(({ text }) => text);
    const search = (n: number) =>
      searchMovies(ask, id, unheardOf(texts[n % texts.length]!, 3 + Math.floor(n / texts.length)));
    rows.push({
      system: `Attune ${fusion}`,
      ...spread(own.map(({ ms }) => ms)),
      perSecond: await perSecond(search, throughput),
      ndcgAt10: mean(own.map(({ ndcg }) => ndcg)),
      ...parts(own),
    });
  }
  rows.push({ system: 'Attune, an operation that asks for nothing', ...spread(emptyMs) });
  return rows;
}

/** The same search with each hit's document. */
export async function measureWithDocuments(
  ask: Ask,
  { fusion, id }: ServedRetriever,
  { queries, warmUp }: AttuneMeasurement,
): Promise<Record<string, string | number>> {
  const samples: Sample[] = [];
  for (const [n, query] of queries.entries()) {
    const text = unheardOf(query.text, 200);
    const { ms, result: search } = await timed(() => searchMovies(ask, id, text, { withDocuments: true }));
    if (n >= warmUp) samples.push({ ms, search, ndcg: ndcgAt10(search.hits, query) });
  }
  return { system: `Attune ${fusion}, with documents`, ...spread(samples.map(({ ms }) => ms)), ...parts(samples) };
}

/** Where the time goes; `overhead` is all that is neither the slowest feature's search nor the embedding before it. */
function parts(samples: readonly Sample[]): Record<string, number> {
  const p50 = (of: (sample: Sample) => number) => percentile(samples.map(of), 50);
  const overhead = samples.map((sample) => sample.ms - slowestFeatureMs(sample));
  return {
    overheadP50Ms: percentile(overhead, 50),
    overheadP99Ms: percentile(overhead, 99),
    slowestFeatureP50Ms: p50(slowestFeatureMs),
    embeddingP50Ms: p50(({ search }) => search.timing.embeddingMs),
    serverP50Ms: p50(({ search }) => search.timing.totalMs),
    fusionP50Ms: p50(({ search }) => search.timing.fusionMs),
    samplingP50Ms: p50(({ search }) => search.timing.samplingMs),
  };
}

function slowestFeatureMs({ search: { timing } }: Sample): number {
  const { embeddingMs, searches } = timing;
  return Math.max(...searches.map(({ featureUri, ms }) => ms + (featureUri.includes('minilm') ? embeddingMs : 0)));
}

/** The same query to every extractor, since they fold case, and yet one whose vector is in no cache: the turn's bits in capitals. */
function unheardOf(text: string, turn: number): string {
  return [...text].map((letter, place) => ((turn >> place) & 1 ? letter.toUpperCase() : letter)).join('');
}

export function ndcgAt10(hits: readonly { documentId: string }[], { relevance }: JudgedQuery): number {
  const [metrics] = rankingMetrics(
    hits.map(({ documentId }) => documentId),
    relevance,
    [10],
  );
  return metrics?.ndcg ?? NaN;
}

export function mean(values: readonly number[]): number {
  return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3));
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
