import { fuse } from '../../src/fusion/fuse.ts';
import type { FusionMethod, RankedList } from '../../src/fusion/ranked-list.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { percentile, type Measurement } from './benchmark.ts';

const features = ['dense', 'lexical', 'ngram', 'image'];
const weights = [0.1, 0.2, 0.3, 0.4];
const methods = ['RRF', 'DBSF', 'WEIGHTED', 'MAX', 'LEARNED'] satisfies FusionMethod[];
const parameters = { lists: features.length, hitsPerList: 100, products: 250, warmUp: 500, measured: 2000 };

/** How long one fusion takes, without any search. */
export function benchmarkFusion(): Promise<Measurement> {
  const lists = randomLists();
  const rows = methods.map((method) => {
    const run = () => fuse(method, lists, { weights });
    for (let i = 0; i < parameters.warmUp; i++) run();
    const durationsMs = Array.from({ length: parameters.measured }, () => {
      const startedAt = performance.now();
      run();
      return performance.now() - startedAt;
    });
    return { method, p50Ms: percentile(durationsMs, 50), p99Ms: percentile(durationsMs, 99) };
  });
  return Promise.resolve({ parameters, rows });
}

function randomLists(): RankedList[] {
  const rng = seededRng('fusion');
  return features.map((featureUri) => ({
    featureUri,
    hits: Array.from({ length: parameters.hitsPerList }, () => ({
      documentId: `product-${Math.floor(rng.next() * parameters.products)}`,
      score: rng.next(),
    }))
      .filter((hit, index, all) => all.findIndex((other) => other.documentId === hit.documentId) === index)
      .sort((a, b) => b.score - a.score),
  }));
}
