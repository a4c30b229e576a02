import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../src/shared/rng.ts';
import type { RunningAttune } from '../fixtures/attune.ts';
import { createShopRetriever, distinctQueries, searchShop } from './synthetic-shop.ts';

const TYPES = ['CLICK', 'VIEW', 'ADD_TO_CART', 'WISHLIST', 'BOOKMARK', 'SHARE', 'COPY', 'PURCHASE'];
const SEARCHES_AT_ONCE = 20;

export interface InteractionLoad {
  interactionsASecond: number;
  aCall: number;
}

interface Event {
  executionId: string;
  position: number;
  interactionTypes: string[];
}

/** Sends interactions at a steady rate, on searches of a retriever of their own, until it is stopped. */
export async function startInteractionLoad(
  attune: RunningAttune,
  collectionId: string,
  rng: Rng,
  { interactionsASecond, aCall }: InteractionLoad,
): Promise<{ stop(): Promise<number> }> {
  const retrieverId = await createShopRetriever(attune, collectionId, 'RRF');
  const waiting: Event[] = [];
  let running = true;
  let accepted = 0;
  const startedAt = performance.now();

  /** As many different ones as there are hits and types, of new searches whenever they run out. */
  async function refill(): Promise<void> {
    for (const query of distinctQueries(rng, SEARCHES_AT_ONCE)) {
      const { executionId, hits } = await searchShop(attune, retrieverId, query);
      for (const type of TYPES) {
        waiting.push(...hits.map(({ position }) => ({ executionId, position, interactionTypes: [type] })));
      }
    }
  }

  async function send(): Promise<void> {
    if (waiting.length < aCall) await refill();
    const interactions = waiting.splice(0, aCall);
    const { data } = await attune.ask<{ recordInteractions: { accepted?: number } }>(
      `mutation ($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
        ... on RecordInteractionsPayload { accepted } ... on Error { message } } }`,
      { input: { interactions } },
    );
    if (data.recordInteractions.accepted !== interactions.length) throw new Error(JSON.stringify(data));
    accepted += interactions.length;
  }

  async function sendAll(): Promise<void> {
    for (let call = 1; running; call++) {
      await send();
      const dueAt = startedAt + (1_000 * call * aCall) / interactionsASecond;
      await sleep(Math.max(0, dueAt - performance.now()));
    }
  }

  const sending = sendAll();
  sending.catch(() => undefined); // whoever stops it hears of it
  return {
    /** @returns how many a second were taken in the end */
    async stop() {
      running = false;
      await sending;
      return Math.round((1_000 * accepted) / (performance.now() - startedAt));
    },
  };
}
