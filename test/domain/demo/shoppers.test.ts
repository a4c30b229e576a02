import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogue } from '../../../src/demo/catalogue.ts';
import { demoQueries, segments, simulateShopper, type Segment } from '../../../src/demo/shoppers.ts';
import { fuse } from '../../../src/fusion/fuse.ts';
import { attribute } from '../../../src/learning/attribution.ts';
import { evidenceOf, type Evidence } from '../../../src/learning/evidence.ts';
import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';
import { drawWeights, meanWeights, weightPosterior } from '../../../src/learning/weight-posterior.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { addedUp } from '../learning/executed-hits.ts';
import { denseUri, lexicalUri, openDemoSearch } from './demo-search.ts';

const products = readCatalogue();
const metadataOf = new Map(products.map(({ documentId, category, style }) => [documentId, { category, style }]));
const kettles = demoQueries[0]!;
const technical = { metadata: { category: 'kettles', style: 'technical' } };
const homely = { metadata: { category: 'kettles', style: 'homely' } };
const tent = { metadata: { category: 'tents', style: 'technical' } };

describe('a simulated shopper', () => {
  it('looks at a run of results from the top and reports a view of each', () => {
    const hits = fc.array(fc.constantFrom(technical, homely, tent, { metadata: {} }), { maxLength: 25 });
    fc.assert(
      fc.property(hits, fc.constantFrom(...segments), fc.string(), (shown, segment, seed) => {
        const actions = simulateShopper(shown, kettles, segment, seededRng(seed));
        expect(actions.map(({ position }) => position)).toEqual(Array.from(actions, (_, i) => i));
        expect(actions.length).toBeLessThanOrEqual(shown.length);
        expect(actions.length > 0).toBe(shown.length > 0);
        for (const { interactionTypes } of actions) {
          expect(interactionTypes[0]).toBe('VIEW');
          expect(new Set(interactionTypes).size).toBe(interactionTypes.length);
          expect(interactionTypes.includes('SKIP') && interactionTypes.includes('CLICK')).toBe(false);
        }
      }),
    );
  });

  it('does the same with the same seed', () => {
    const shown = [technical, homely, tent, technical, homely];
    const shop = (seed: string) => simulateShopper(shown, kettles, 'browsers', seededRng(seed));
    expect(shop('a')).toEqual(shop('a'));
    expect(Array.from({ length: 20 }, (_, i) => shop(String(i)))).not.toEqual(
      Array.from({ length: 20 }, () => shop('a')),
    );
  });

  it('clicks what suits the segment ten times as often as what does not, and hardly ever another category', () => {
    const clicks = (segment: Segment, product: typeof technical) => {
      const rng = seededRng(`${segment} ${product.metadata.category} ${product.metadata.style}`);
      const actions = Array.from({ length: 2000 }, () => simulateShopper([product], kettles, segment, rng)).flat();
      return actions.filter(({ interactionTypes }) => interactionTypes.includes('CLICK')).length / actions.length;
    };
    expect(clicks('gearheads', technical)).toBeGreaterThan(10 * clicks('gearheads', homely));
    expect(clicks('browsers', homely)).toBeGreaterThan(10 * clicks('browsers', technical));
    expect(clicks('gearheads', tent)).toBeLessThan(0.03);
  });
});

describe('a minute of shopping', () => {
  let demo: Awaited<ReturnType<typeof openDemoSearch>>;
  beforeAll(async () => {
    demo = await openDemoSearch();
  });
  afterAll(() => demo.close());

  /** The learned loop in miniature, for one segment; returns the mean weight that the titles' words end up with. */
  async function shop(segment: Segment, searches: number, seed: string) {
    const rng = seededRng(seed);
    // In their ascending order, as posteriors have them.
    const uris = [lexicalUri, denseUri].sort();
    const posterior = (known: Evidence | null) =>
      weightPosterior(
        defaultLearningConfig,
        uris.map((featureUri) => ({ featureUri, alpha: 1, beta: 1 })),
        known,
        0,
      );
    const weightOf = (weights: readonly number[], uri: string) => weights[uris.indexOf(uri)]!;
    let evidence: Evidence | null = null;
    for (let i = 0; i < searches; i++) {
      const query = demoQueries[Math.floor(rng.next() * demoQueries.length)]!;
      const { lexical, dense } = await demo.search(query.text);
      const drawn = drawWeights(posterior(evidence), rng);
      const weights = evidence === null ? null : [lexicalUri, denseUri].map((uri) => weightOf(drawn, uri));
      const hits = fuse('LEARNED', [lexical, dense], { weights }).slice(0, 10);
      const shown = hits.map(({ documentId }) => ({ metadata: metadataOf.get(documentId)! }));
      const signals = simulateShopper(shown, query, segment, rng).flatMap(({ position, interactionTypes }) =>
        interactionTypes.map((type) => ({ documentId: hits[position]!.documentId, type, durationMs: null })),
      );
      const { outcomes } = attribute({ hits }, signals, defaultLearningConfig);
      evidence = addedUp(evidence, evidenceOf(hits, outcomes, uris));
    }
    return weightOf(meanWeights(posterior(evidence)), lexicalUri);
  }

  it('moves the weights of the two segments apart, at 150 searches each', async () => {
    for (const seed of ['monday', 'tuesday', 'wednesday']) {
      const gearheads = await shop('gearheads', 150, seed);
      const browsers = await shop('browsers', 150, seed);
      expect(gearheads).toBeGreaterThan(0.6);
      expect(browsers).toBeLessThan(0.3);
    }
  });
});
