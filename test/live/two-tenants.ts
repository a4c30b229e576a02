import { expect, vi } from 'vitest';
import type { RunningAttune } from '../fixtures/attune.ts';

/** What ids name. Those of a tenant are kept by it. */
export const idKinds = [
  ...(['retriever', 'collection', 'dataset', 'evaluation', 'benchmark', 'interleaving'] as const),
  ...(['execution', 'interaction', 'apiKey', 'event'] as const),
] as const;
export type IdKind = (typeof idKinds)[number];

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

/** One of two that call everything alike, and are told apart by what they have written: a word, and the ids they were given. */
export interface Tenant {
  name: string;
  /** In every text of its own. */
  word: string;
  /** Of a key with ADMIN, and of one with SEARCH and INTERACT, both bound to its namespace. */
  keys: { admin: string; page: string };
  ids: Record<IdKind, string[]>;
  /** Every id that it has ever been given. */
  every: Set<string>;
  ask(query: string, variables?: object): Promise<Answer>;
}

/** Ids that a tenant keeps of each kind, to choose from. */
const mostKept = 12;

export function keep(tenant: Tenant, kind: IdKind, id: unknown): void {
  if (typeof id !== 'string') return;
  tenant.every.add(id);
  const kept = tenant.ids[kind];
  if (!kept.includes(id)) kept.push(id);
  // the first two are what it began with, and are all there
  if (kept.length > mostKept) kept.splice(2, 1);
}

export const lexical = 'attune://lexical@v1/bm25';
export const ngram = 'attune://ngram@v1/hashed_1024';

/** Stages of a retriever that learns. */
export function stagesOf(fusion: string, learningConfig: object | null = null): object[] {
  const searches = [lexical, ngram].map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
  return [
    { featureSearch: { fusion, searches, facets: ['word'], ...(learningConfig === null ? {} : { learningConfig }) } },
  ];
}

/** A namespace of its own with something of every kind. */
export async function createTenant(attune: RunningAttune, name: string, word: string): Promise<Tenant> {
  const operator = await attune.ask<{ createNamespace: { namespace: { id: string } } }>(
    'mutation ($name: String!) { createNamespace(input: { name: $name }) { ... on CreateNamespacePayload { namespace { id } } } }',
    { name },
  );
  const tenant: Tenant = {
    ...{ name, word, keys: { admin: '', page: '' }, every: new Set([operator.data.createNamespace.namespace.id]) },
    ids: Object.fromEntries(idKinds.map((kind) => [kind, [] as string[]])) as Tenant['ids'],
    ask: async (query, variables) =>
      (await attune.ask(query, variables, { authorization: `Bearer ${tenant.keys.admin}` })) as Answer,
  };
  for (const [which, scopes] of [
    ['admin', ['ADMIN']],
    ['page', ['SEARCH', 'INTERACT']],
  ] as const) {
    const { data } = await attune.ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
        ... on CreateApiKeyPayload { secret apiKey { id } } } }`,
      { input: { name: `${word} key`, scopes } },
      { 'x-namespace': name },
    );
    tenant.keys[which] = data.createApiKey.secret;
    // not kept: nobody revokes the key that it asks with
    tenant.every.add(data.createApiKey.apiKey.id);
  }
  await furnish(tenant, attune);
  return tenant;
}

/** The payload of a mutation of the tenant. */
async function mutate(
  tenant: Tenant,
  name: string,
  input: object,
  payload: string,
  type = '',
): Promise<Record<string, unknown>> {
  const own = name[0]!.toUpperCase() + name.slice(1);
  const { data, errors } = await tenant.ask(
    `mutation ($input: ${own}Input!) { ${name}(input: $input) {
      __typename ... on ${type || own}Payload { ${payload} } ... on Error { code message path } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  const result = (data as Record<string, Record<string, unknown>>)[name]!;
  expect(result['__typename'], JSON.stringify(result)).toMatch(/Payload$/);
  return result;
}

export async function createRetriever(tenant: Tenant, retrieverName: string, fusion: string): Promise<void> {
  const input = { retrieverName, collectionIds: [tenant.ids.collection[0]], stages: stagesOf(fusion) };
  const { retriever } = await mutate(tenant, 'createRetriever', input, 'retriever { id }');
  keep(tenant, 'retriever', (retriever as { id: string }).id);
}

async function furnish(tenant: Tenant, { attune }: RunningAttune): Promise<void> {
  const { word, ids } = tenant;
  const made = async (kind: IdKind, name: string, input: object, field: string, type?: string) => {
    const result = await mutate(tenant, name, input, `${field} { id }`, type);
    keep(tenant, kind, (result[field] as { id: string }).id);
  };
  const features = [lexical, ngram].map((featureUri) => ({ featureUri }));
  await made('collection', 'createCollection', { name: 'shop', features }, 'collection');
  const documents = ['d0', 'd1', 'd2', 'd3'].map((documentId, n) => ({
    ...{ documentId, content: `lamp ${word} ${n}`, metadata: { word, price: n } },
  }));
  await mutate(tenant, 'upsertDocuments', { collectionId: ids.collection[0], documents }, 'upserted');
  await createRetriever(tenant, 'one', 'LEARNED');
  await createRetriever(tenant, 'two', 'RRF');
  for (const retrieverId of ids.retriever) await shopAround(tenant, retrieverId);
  // sessions are replayed from the log
  await attune.drain();
  const queries = [{ inputs: { query: 'lamp', word }, judgments: [{ documentId: 'd0', relevance: 2 }] }];
  await made('dataset', 'createEvaluationDataset', { name: 'judged', queries }, 'dataset', 'EvaluationDataset');
  for (const retrieverId of ids.retriever) {
    await made('evaluation', 'runEvaluation', { retrieverId, datasetId: ids.dataset[0], kValues: [1] }, 'evaluation');
  }
  const [baselineId, candidateId] = ids.retriever;
  const compared = { baseline: { retrieverId: baselineId }, candidates: [{ retrieverId: candidateId }], kValues: [1] };
  await made('benchmark', 'runBenchmark', compared, 'benchmark');
  await made('interleaving', 'startInterleaving', { baselineId, candidateId, trafficPct: 10 }, 'interleaving');
  await mutate(tenant, 'killLearnedFusion', { retrieverId: baselineId, reason: `${word} fears` }, '__typename');
  await mutate(tenant, 'resumeLearnedFusion', { retrieverId: baselineId, reason: `${word} hopes` }, '__typename');
  await made('apiKey', 'createApiKey', { name: `${word} spare`, scopes: ['SEARCH'] }, 'apiKey');
  const { data } = await tenant.ask('query ($id: ID!) { rolloutEvents(retrieverId: $id) { nodes { id } } }', {
    id: baselineId,
  });
  for (const { id } of (data as { rolloutEvents: { nodes: { id: string }[] } }).rolloutEvents.nodes)
    keep(tenant, 'event', id);
}

/** Searches of two people who click, so that there is what teaches, and what sessions are replayed of. */
async function shopAround(tenant: Tenant, retrieverId: string): Promise<void> {
  for (const userId of ['ann', 'bob']) {
    const input = {
      retrieverId,
      inputs: { query: 'lamp', word: tenant.word },
      userId,
      sessionId: `session of ${userId}`,
    };
    const { data } = await tenant.ask('query ($input: SearchInput!) { search(input: $input) { executionId } }', {
      input,
    });
    const { executionId } = (data as { search: { executionId: string } }).search;
    keep(tenant, 'execution', executionId);
    const event = { executionId, position: 0, metadata: { word: tenant.word } };
    const { interaction } = await mutate(tenant, 'recordInteraction', event, 'interaction { id }');
    keep(tenant, 'interaction', (interaction as { id: string }).id);
  }
}

const stateQuery = `query ($id: ID!) {
  apiKeys(first: 100) { nodes { id name scopes revokedAt } }
  collections(first: 100) { nodes { id name documentCount } }
  retrievers(first: 100) { nodes { id retrieverName version rollout { shadowMode rolloutPct controlPct excludedUsers killed { reason } } } }
  interactions(first: 100) { nodes { id interactionTypes documentId userId sessionId trains } pageInfo { hasNextPage } }
  evaluationDatasets(first: 100) { nodes { id name version queryCount judgmentCount } }
  evaluations(first: 100) { nodes { id status } }
  benchmarks(first: 100) { nodes { id done } }
  interleavings(first: 100) { nodes { id status searches wins losses ties } }
  rolloutEvents(retrieverId: $id, first: 100) { nodes { id kind actor reason } }
  learnedWeights(retrieverId: $id) { version interactions weights { featureUri alpha beta weight } }
  ann: learnedWeights(retrieverId: $id, userId: "ann") { version interactions contextLevel }
  retrieverPerformance(retrieverId: $id) { searches ctr interactionRate mrr }
}`;

/** All that a tenant has, once nothing is under way for it. */
export async function stateOf(attune: RunningAttune, tenant: Tenant): Promise<unknown> {
  return vi.waitFor(
    async () => {
      await attune.attune.drain();
      const { data, errors } = await tenant.ask(stateQuery, { id: tenant.ids.retriever[0] });
      expect(errors).toBeUndefined();
      const { evaluations, benchmarks } = data as { evaluations: unknown; benchmarks: unknown };
      expect(JSON.stringify([evaluations, benchmarks])).not.toMatch(/"(QUEUED|RUNNING)"|"done":false/);
      return data;
    },
    { timeout: 30_000, interval: 20 },
  );
}
