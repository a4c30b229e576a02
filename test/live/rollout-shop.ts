import { expect, vi } from 'vitest';
import type { RunningAttune } from '../fixtures/attune.ts';

const lexical = 'attune://lexical@v1/bm25';
const ngram = 'attune://ngram@v1/hashed_1024';

export interface Search {
  executionId: string;
  fusion: string;
  contextLevel: string | null;
  hits: { documentId: string }[];
  rollout: { arm: string; bucket: number; reason: string };
  shadow: { documentIds: string[]; overlapAt10: number } | null;
}
export interface Rollout {
  rolloutPct: number;
  controlPct: number;
  shadowMode: boolean;
  excludedUsers: string[];
  held: boolean;
  killed: { actor: string; reason: string | null } | null;
}
interface Refusal {
  __typename: string;
  code: string;
  path: string[];
  message: string;
}
const rolloutFields = '{ rolloutPct controlPct shadowMode excludedUsers held killed { actor reason } }';
export const rolloutPayload = `{ rollout ${rolloutFields} }`;
export const userPayload = '{ userId optedOut complete removed { posteriors } }';

/** Waits for a condition, not for a time: ends as soon as it holds. */
export const eventually = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: 25_000, interval: 20 });

let names = 0;

/** A green square, which the first document brings along. */
export const picture =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath fill='green' d='M0 0h8v8H0z'/%3E%3C/svg%3E";

/** A shop of three documents behind a running server. */
export function shopOn(attune: RunningAttune) {
  /** A mutation's payload or refusal. */
  async function tell<Answer = Refusal>(name: string, input: object, payload: string): Promise<Answer> {
    const title = name[0]!.toUpperCase() + name.slice(1);
    const type = payload === userPayload ? 'UserPreference' : title;
    const { data, errors } = await attune.ask<Record<string, Answer>>(
      `mutation ($input: ${type}Input!) {
        ${name}(input: $input) { __typename ... on ${type}Payload ${payload} ... on Error { code path message } }
      }`,
      { input },
    );
    expect(errors).toBeUndefined();
    return data[name]!;
  }
  async function done<Payload>(name: string, input: object, payload: string): Promise<Payload> {
    const answer = await tell<Payload & { __typename: string }>(name, input, payload);
    expect(answer.__typename, JSON.stringify(answer)).toMatch(/Payload$/);
    return answer;
  }

  async function createCollection(): Promise<string> {
    const features = [{ featureUri: lexical }, { featureUri: ngram }];
    const { collection } = await done<{ collection: { id: string } }>(
      'createCollection',
      { name: `shop-${names++}`, features },
      '{ collection { id } }',
    );
    const documents = ['warm winter jacket', 'a jacket', 'jackets for winter and autumn'].map((content, index) => ({
      ...{ documentId: `d${index}`, content },
      ...(index === 0 && { metadata: { image: picture } }),
    }));
    await done('upsertDocuments', { collectionId: collection.id, documents }, '{ upserted }');
    return collection.id;
  }
  const stages = (learningConfig: object = {}, fusion = 'LEARNED') => {
    const searches = [lexical, ngram].map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
    return [{ featureSearch: { fusion, searches, learningConfig: { minInteractions: 1, ...learningConfig } } }];
  };
  let collectionId: Promise<string> | null = null;
  async function createRetriever(
    learningConfig: object = {},
    fusion?: string,
    retrieverName = `r${names++}`,
  ): Promise<string> {
    collectionId ??= createCollection();
    const input = { retrieverName, collectionIds: [await collectionId] };
    const { retriever } = await done<{ retriever: { id: string } }>(
      'createRetriever',
      { ...input, stages: stages(learningConfig, fusion) },
      '{ retriever { id } }',
    );
    return retriever.id;
  }
  async function search(retrieverId: string, who: object = {}, at = attune): Promise<Search> {
    const { data, errors } = await at.ask<{ search: Search }>(
      `query ($input: SearchInput!) { search(input: $input) { executionId fusion contextLevel hits { documentId }
        rollout { arm bucket reason } shadow { documentIds overlapAt10 } } }`,
      { input: { retrieverId, inputs: { query: 'winter jacket' }, ...who } },
    );
    expect(errors).toBeUndefined();
    return data.search;
  }
  const click = async ({ executionId }: Search, position = 0) =>
    void (await done('recordInteraction', { executionId, position }, '{ duplicate }'));
  async function rolloutOf(retrieverId: string): Promise<Rollout> {
    const { data } = await attune.ask<{ retriever: { rollout: Rollout } }>(
      `query ($id: ID!) { retriever(id: $id) { rollout ${rolloutFields} } }`,
      { id: retrieverId },
    );
    return data.retriever.rollout;
  }
  async function interactionsLearned(retrieverId: string, userId: string | null = null) {
    const { data } = await attune.ask<{ learnedWeights: { interactions: number; contextLevel: string } }>(
      'query ($id: ID!, $user: String) { learnedWeights(retrieverId: $id, userId: $user) { interactions contextLevel } }',
      { id: retrieverId, user: userId },
    );
    return data.learnedWeights;
  }
  async function eventsOf(retrieverId: string) {
    const { data } = await attune.ask<{
      rolloutEvents: { nodes: { id: string; kind: string; actor: string; reason: string | null; details: object }[] };
    }>('query ($id: ID!) { rolloutEvents(retrieverId: $id) { nodes { id kind actor reason details } } }', {
      id: retrieverId,
    });
    return data.rolloutEvents.nodes;
  }
  return { tell, done, createRetriever, stages, search, click, rolloutOf, interactionsLearned, eventsOf };
}
