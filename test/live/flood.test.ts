import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { eventually, shopOn } from './rollout-shop.ts';

/** Lists that everybody else has taught before, and those of the flood. */
const LISTS = 1_000;
const FLOOD = 150;

describe('a flood from one address and key', () => {
  let attune: RunningAttune;
  let shop: ReturnType<typeof shopOn>;
  beforeAll(async () => {
    attune = await startAttune({ ATTUNE_LEARNING_CAP: '1' });
    shop = shopOn(attune);
  });
  afterAll(() => attune.close());

  const everyone = async (retrieverId: string, userId: string | null = null) => {
    const { data } = await attune.ask<{
      learnedWeights: { contextLevel: string; interactions: number; weights: { weight: number }[] };
    }>(
      `query ($id: ID!, $user: String) { learnedWeights(retrieverId: $id, userId: $user) {
        contextLevel interactions weights { weight } } }`,
      { id: retrieverId, user: userId },
    );
    return data.learnedWeights;
  };

  /** Searches as many people, in the process itself, and clicks where that many lists say nothing in particular. */
  async function train(retrieverId: string): Promise<void> {
    const { app, defaultNamespace } = attune.attune;
    const events = [];
    for (let list = 0; list < LISTS; list++) {
      const { id, hits } = await app.search.execute(defaultNamespace.id, {
        ...{ retrieverId, inputs: { query: 'winter jacket' }, userId: null, sessionId: null, segment: null },
        ...{ limit: null, seed: null },
      });
      events.push({
        ...{ executionId: id, documentId: null, position: list % hits.length, interactionTypes: ['CLICK' as const] },
        ...{ metadata: null, userId: null, sessionId: null, retrieverId: null, idempotencyKey: null, occurredAt: null },
      });
    }
    await app.interactions.recordMany(defaultNamespace.id, events);
    await eventually(async () => expect((await everyone(retrieverId)).interactions).toBe(LISTS));
  }

  test('moves the weights of everyone by a point at the most, though it names ever other people', async () => {
    const retrieverId = await shop.createRetriever({ minInteractions: 5 });
    await train(retrieverId);
    const before = await everyone(retrieverId);
    const { secret } = await shop.done<{ secret: string }>(
      'createApiKey',
      { name: 'page', scopes: ['SEARCH', 'INTERACT'] },
      '{ secret }',
    );
    const asPage: RunningAttune = {
      ...attune,
      ask: (query, variables) => attune.ask(query, variables, { authorization: `Bearer ${secret}` }),
    };
    const interactions = [];
    for (let index = 0; index < FLOOD; index++) {
      const forged = { userId: `user-${index % 30}`, sessionId: `session-${index}` };
      const { executionId, hits } = await shopOn(asPage).search(retrieverId, forged, asPage);
      const position = hits.findIndex(({ documentId }) => documentId === 'd2');
      interactions.push({ executionId, position, interactionTypes: ['CLICK'] });
    }
    const { data } = await asPage.ask<{ recordInteractions: { accepted: number; beyondCap: number } }>(
      `mutation ($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
        ... on RecordInteractionsPayload { accepted beyondCap rejected { message } } } }`,
      { input: { interactions } },
    );
    expect(data.recordInteractions.accepted).toBe(FLOOD);
    // the forged people's own weights learn all the same, which also tells that the flood has arrived
    await eventually(async () => {
      expect(await everyone(retrieverId, 'user-29')).toMatchObject({ contextLevel: 'PERSONAL', interactions: 5 });
    });
    const after = await everyone(retrieverId);
    const shift = Math.max(...after.weights.map(({ weight }, at) => Math.abs(weight - before.weights[at]!.weight)));
    expect(data.recordInteractions.beyondCap).toBe(FLOOD - 1);
    expect(after.interactions).toBe(LISTS + 1);
    expect(shift).toBeLessThanOrEqual(0.01);
  }, 120_000);
});
