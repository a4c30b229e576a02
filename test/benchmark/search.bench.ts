import { setTimeout as sleep } from 'node:timers/promises';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { percentile, type Measurement } from './benchmark.ts';
import {
  clickHit,
  createShopRetriever,
  distinctQueries,
  fillCollection,
  searchShop,
  shopFeatures,
  type Timing,
} from './synthetic-shop.ts';

const parameters = { documents: 10_000, warmUp: 30, clicks: 30, measured: 300, topK: 100, finalTopK: 25 };

/** What a learned search costs beside a static one, and where the time goes. One client, one search at a time. */
export async function benchmarkSearch(say: (line: string) => void): Promise<Measurement> {
  const attune = await startAttune();
  try {
    const rng = seededRng('search');
    const { collectionId, upsertMs } = await fillCollection(attune, parameters.documents, rng, say);
    const learned = await createShopRetriever(attune, collectionId, 'LEARNED');
    const rrf = await createShopRetriever(attune, collectionId, 'RRF');
    const { warmUp, clicks, measured } = parameters;
    const queries = distinctQueries(rng, warmUp + clicks + 2 * measured + 1_000);
    const next = () => queries.pop()!;

    for (let i = 0; i < warmUp; i++) await searchShop(attune, rrf, next());
    const level = await teach(attune, learned, next);
    say(`  ${clicks} clicks, context level ${level}; measuring`);
    // in turns, so that whatever else the machine does weighs on both alike
    const samples = { LEARNED: [] as Sample[], RRF: [] as Sample[] };
    for (let i = 0; i < measured; i++) {
      samples.LEARNED.push(await sample(attune, learned, next()));
      samples.RRF.push(await sample(attune, rrf, next()));
    }
    return {
      parameters: { ...parameters, features: shopFeatures, contextLevel: level, upsertMs: Math.round(upsertMs) },
      rows: parts.map(({ part, of }) => ({
        part,
        learnedP50Ms: percentile(samples.LEARNED.map(of), 50),
        learnedP99Ms: percentile(samples.LEARNED.map(of), 99),
        rrfP50Ms: percentile(samples.RRF.map(of), 50),
        rrfP99Ms: percentile(samples.RRF.map(of), 99),
      })),
    };
  } finally {
    await attune.close();
  }
}

interface Sample {
  httpMs: number;
  timing: Timing;
}

const parts: { part: string; of: (sample: Sample) => number }[] = [
  { part: 'over HTTP, at the client', of: ({ httpMs }) => httpMs },
  { part: 'total, at the server', of: ({ timing }) => timing.totalMs },
  { part: 'embedding', of: ({ timing }) => timing.embeddingMs },
  ...shopFeatures.map((uri) => ({
    part: `search ${uri}`,
    of: ({ timing }: Sample) => timing.searches.find(({ featureUri }) => featureUri === uri)?.ms ?? NaN,
  })),
  { part: 'fusion', of: ({ timing }) => timing.fusionMs },
  { part: 'sampling', of: ({ timing }) => timing.samplingMs },
];

/** Clicks until searches are weighed by what was learned. @returns the context level then */
async function teach(attune: RunningAttune, retrieverId: string, next: () => string): Promise<string> {
  for (let i = 0; i < parameters.clicks; i++) {
    const { executionId, hits } = await searchShop(attune, retrieverId, next());
    await clickHit(attune, executionId, hits[i % 5]!.position);
  }
  for (let i = 0; i < 500; i++) {
    const { contextLevel } = await searchShop(attune, retrieverId, next());
    if (contextLevel !== null && contextLevel !== 'PRIOR') return contextLevel;
    await sleep(20);
  }
  throw new Error('the clicks never took effect');
}

async function sample(attune: RunningAttune, retrieverId: string, query: string): Promise<Sample> {
  const startedAt = performance.now();
  const { timing } = await searchShop(attune, retrieverId, query);
  return { httpMs: performance.now() - startedAt, timing };
}
