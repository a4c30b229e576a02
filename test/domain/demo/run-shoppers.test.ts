import { describe, expect, it } from 'vitest';
import { readCatalogue, toDocument } from '../../../src/demo/catalogue.ts';
import { runShoppers, type ShoppersApp } from '../../../src/demo/run-shoppers.ts';
import { demoQueries } from '../../../src/demo/shoppers.ts';
import type { InteractionInput } from '../../../src/interactions/interaction-input.ts';
import type { Execution } from '../../../src/search/execution.ts';
import type { SearchInput } from '../../../src/search/search-input.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import type { Logger } from '../../../src/shared/logger.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const products = readCatalogue();
const retriever = { id: 'demo-search', collectionIds: ['demo-products'] };

/** Stands in for the server: shows the products of one category, keeps what it was sent, and stops after some searches. */
function counter(searches: number, failing: (search: number) => boolean = () => false) {
  const stop = new AbortController();
  const asked: SearchInput[] = [];
  const recorded: InteractionInput[] = [];
  const warnings: object[] = [];
  const app: ShoppersApp = {
    search: {
      execute(_ns, input) {
        asked.push(input);
        if (asked.length >= searches) stop.abort();
        if (failing(asked.length)) return Promise.reject(new Error('no connection'));
        const query = demoQueries.find(({ text }) => text === input.inputs.query)!;
        const hits = products
          .filter(({ category }) => category === query.category)
          .map(({ documentId }) => ({ documentId, score: 1, features: [] }));
        return Promise.resolve({ id: `execution-${asked.length}`, hits } as unknown as Execution);
      },
    },
    collections: {
      documents: (_collections, ids) =>
        Promise.resolve(
          products
            .filter(({ documentId }) => ids.includes(documentId))
            .map((product) => ({ ...toDocument(product, ''), metadata: toDocument(product, '').metadata! }))
            .reverse(),
        ),
    },
    interactions: {
      recordMany(_ns, inputs) {
        recorded.push(...inputs);
        return Promise.resolve({ accepted: inputs.length, beyondCap: 0, duplicates: 0, rejected: [] });
      },
    },
  };
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => warnings.push(fields),
    error: () => undefined,
  };
  const options = { ratePerSecond: 100_000, signal: stop.signal, rng: seededRng('demo'), clock: systemClock, logger };
  return { app, options, asked, recorded, warnings, stop };
}

describe('the shoppers of the demo', () => {
  it('search as 20 users, half of each segment, in sessions of five searches', async () => {
    const { app, options, asked } = counter(200);
    await runShoppers(app, 'ns', retriever, options);
    expect(asked).toHaveLength(200);
    const users = new Set(asked.map(({ userId }) => userId));
    expect(users.size).toBe(20);
    expect(asked.filter(({ segment }) => segment === 'gearheads')).toHaveLength(100);
    expect(asked.every(({ userId, segment }) => segment!.startsWith(userId!.replace(/-\d+$/, '')))).toBe(true);
    expect(new Set(asked.map(({ sessionId }) => sessionId)).size).toBe(40);
    expect(new Set(asked.map(({ inputs }) => inputs.query)).size).toBe(demoQueries.length);
  });

  it('report what they saw and did with the products at the positions they were shown', async () => {
    const { app, options, asked, recorded } = counter(200);
    await runShoppers(app, 'ns', retriever, options);
    const clicks = recorded.filter(({ interactionTypes }) => interactionTypes.includes('CLICK'));
    expect(clicks.length).toBeGreaterThan(100);
    const style = new Map(products.map((product) => [product.documentId, product.style]));
    const technical = clicks.filter(({ documentId }) => style.get(documentId!) === 'technical');
    const byGearheads = technical.filter(({ userId }) => userId!.startsWith('gearhead'));
    expect(byGearheads.length).toBeGreaterThan(0.8 * technical.length);
    for (const { executionId, userId, position, documentId } of recorded) {
      const search = asked[Number(executionId!.replace('execution-', '')) - 1]!;
      expect(search.userId).toBe(userId);
      const { category } = demoQueries.find(({ text }) => text === search.inputs.query)!;
      expect(products.filter((product) => product.category === category)[position!]!.documentId).toBe(documentId);
    }
  });

  it('log a failure, wait, and go on', async () => {
    const { app, options, asked, recorded, warnings } = counter(3, (search) => search === 1);
    await runShoppers(app, 'ns', retriever, options);
    expect(asked).toHaveLength(3);
    expect(recorded.length).toBeGreaterThan(0);
    expect(warnings).toEqual([expect.objectContaining({ pauseMs: 1000 })]);
  });

  it('stop at once when told to, also in a pause and without a complaint', async () => {
    const { app, options, asked, warnings, stop } = counter(1000, () => true);
    const running = runShoppers(app, 'ns', retriever, options);
    setTimeout(() => stop.abort(), 50);
    await running;
    expect(asked).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  it('do not shop where they were stopped before they began', async () => {
    const { app, options, asked, stop } = counter(1000);
    stop.abort();
    await runShoppers(app, 'ns', retriever, options);
    expect(asked).toHaveLength(0);
  });
});
