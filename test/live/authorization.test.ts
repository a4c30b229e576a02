import { getNamedType, isInterfaceType, isObjectType, isUnionType, type GraphQLNamedType } from 'graphql';
import type { Client } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { LatestValue } from '../../src/shared/latest-value.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { leastVariables, operationOf, rootFields, type RootField } from '../fixtures/root-fields.ts';
import { authorizations, type HandMadeApp } from '../schema/hand-made-app.ts';
import { shopOn } from './rollout-shop.ts';
import { connect, eventStream, startTestServer, subscribe, until, type TestServer } from './transport-clients.ts';

/** OPERATOR: the admin key, which is bound to no namespace. */
const kinds = ['NOBODY', 'STRANGER', 'INTERACT', 'SEARCH', 'ADMIN', 'OPERATOR'] as const;
type Kind = (typeof kinds)[number];
type Needs = 'INTERACT' | 'SEARCH' | 'ADMIN' | 'OPERATOR';

/** Which key each field takes: the whole schema in one table. A field that is not in it fails the test. */
const table: Readonly<Record<RootField['root'], Readonly<Record<string, Needs>>>> = {
  query: {
    search: 'SEARCH',
    execution: 'SEARCH',
    learnedWeights: 'SEARCH',
    apiKeys: 'ADMIN',
    benchmark: 'ADMIN',
    benchmarks: 'ADMIN',
    collection: 'ADMIN',
    collections: 'ADMIN',
    compareEvaluations: 'ADMIN',
    evaluation: 'ADMIN',
    evaluationDataset: 'ADMIN',
    evaluationDatasets: 'ADMIN',
    evaluations: 'ADMIN',
    featureExtractors: 'ADMIN',
    interactions: 'ADMIN',
    interleaving: 'ADMIN',
    interleavings: 'ADMIN',
    offPolicyEstimate: 'ADMIN',
    previewSearch: 'ADMIN',
    retriever: 'ADMIN',
    retrieverPerformance: 'ADMIN',
    retrieverSignals: 'ADMIN',
    retrievers: 'ADMIN',
    rolloutEvents: 'ADMIN',
    deadLetters: 'OPERATOR',
  },
  mutation: {
    recordInteraction: 'INTERACT',
    recordInteractions: 'INTERACT',
    cancelEvaluation: 'ADMIN',
    createApiKey: 'ADMIN',
    createCollection: 'ADMIN',
    createEvaluationDataset: 'ADMIN',
    createRetriever: 'ADMIN',
    deleteDocuments: 'ADMIN',
    deleteRetriever: 'ADMIN',
    deleteUserData: 'ADMIN',
    generateEvaluationDataset: 'ADMIN',
    killLearnedFusion: 'ADMIN',
    optInUser: 'ADMIN',
    optOutUser: 'ADMIN',
    rebuildLearnedWeights: 'ADMIN',
    resetPreferences: 'ADMIN',
    resumeLearnedFusion: 'ADMIN',
    revokeApiKey: 'ADMIN',
    runBenchmark: 'ADMIN',
    runEvaluation: 'ADMIN',
    startInterleaving: 'ADMIN',
    stopInterleaving: 'ADMIN',
    updateRetriever: 'ADMIN',
    updateRollout: 'ADMIN',
    upsertDocuments: 'ADMIN',
    createNamespace: 'OPERATOR',
    replayDeadLetters: 'OPERATOR',
  },
  subscription: {
    ...{ learnedWeights: 'SEARCH', evaluationProgress: 'ADMIN', rolloutEvents: 'ADMIN', interactionFeed: 'ADMIN' },
  },
};

/** What the answers to a key that a web page may hold are made of. Whatever else becomes part of them is seen by everybody. */
const inPublicAnswers: Readonly<Record<'SEARCH' | 'INTERACT', readonly string[]>> = {
  SEARCH: [
    ...['FeatureWeight', 'Hit', 'HitFeature', 'LearnedWeights', 'Replay', 'ReplayedWeight', 'RolloutDecision'],
    ...['SearchResult', 'ShadowRanking'],
  ],
  INTERACT: [
    ...['ConflictError', 'ForbiddenError', 'Interaction', 'NotFoundError', 'RecordInteractionPayload'],
    ...['RecordInteractionsPayload', 'RejectedInteraction', 'ValidationError'],
  ],
};

/** Fields and types below the first level that take more than their parent does: `Type.field` or `Type`, and the scope. */
const guardedBelow: Readonly<Record<string, Needs>> = { 'Collection.documents': 'ADMIN' };

const letIn: Readonly<Record<Needs, readonly Kind[]>> = {
  INTERACT: ['INTERACT', 'ADMIN', 'OPERATOR'],
  SEARCH: ['SEARCH', 'ADMIN', 'OPERATOR'],
  ADMIN: ['ADMIN', 'OPERATOR'],
  OPERATOR: ['OPERATOR'],
};

function needsOf({ root, name }: RootField): Needs {
  const needs = table[root][name];
  if (needs === undefined) throw new Error(`${root} ${name} is in no row of the table: who may ask for it?`);
  return needs;
}

const scopesOf = (extensions: unknown) =>
  (extensions as { pothosOptions?: { authScopes?: { scope?: string } } }).pothosOptions?.authScopes;

describe('the table of who may ask what', () => {
  test('has a row for each field of the schema, and none for another', () => {
    for (const root of ['query', 'mutation', 'subscription'] as const) {
      const names = rootFields.filter((field) => field.root === root).map(({ name }) => name);
      expect(Object.keys(table[root]).sort()).toEqual(names.sort());
    }
  });

  test('has a row for whatever is guarded below', () => {
    const roots: readonly unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type));
    const guarded = types
      .filter((type) => !roots.includes(type))
      .flatMap((type) => [
        ...(scopesOf(type.extensions) === undefined ? [] : [type.name]),
        ...Object.values(type.getFields())
          .filter((field) => scopesOf(field.extensions) !== undefined)
          .map((field) => `${type.name}.${field.name}`),
      ]);
    expect(guarded.sort()).toEqual(Object.keys(guardedBelow).sort());
  });

  test.each(['SEARCH', 'INTERACT'] as const)('knows all that a public key with %s gets to see', (scope) => {
    const asked = rootFields.filter((field) => needsOf(field) === scope).map(({ field }) => getNamedType(field.type));
    expect(reachableFrom(asked)).toEqual([...inPublicAnswers[scope]].sort());
  });
});

/** The object types that answers of these types are made of. */
function reachableFrom(types: readonly GraphQLNamedType[]): string[] {
  const seen = new Set<string>();
  const visit = (type: GraphQLNamedType): void => {
    if (isUnionType(type)) return type.getTypes().forEach(visit);
    if (!isObjectType(type) || seen.has(type.name)) return;
    seen.add(type.name);
    for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
  };
  types.forEach(visit);
  return [...seen].sort();
}

describe('who asks', () => {
  let attune: RunningAttune;
  let headers: Record<Kind, Record<string, string>>;
  const clients: Partial<Record<Kind, Client>> = {};

  beforeAll(async () => {
    attune = await startAttune({ ATTUNE_DEMO: '0' });
    const shop = shopOn(attune);
    const keyWith = async (scope: string) => {
      const { secret } = await shop.done<{ secret: string }>(
        'createApiKey',
        { name: scope, scopes: [scope] },
        '{ secret }',
      );
      return { authorization: `Bearer ${secret}` };
    };
    const [interact, search, admin] = [await keyWith('INTERACT'), await keyWith('SEARCH'), await keyWith('ADMIN')];
    const operator = { authorization: `Bearer ${attune.adminKey}` };
    const stranger = { authorization: 'Bearer attune_0123456789ab_no-such-key-is-known' };
    headers = {
      NOBODY: { authorization: '' },
      STRANGER: stranger,
      INTERACT: interact,
      SEARCH: search,
      ADMIN: admin,
      OPERATOR: operator,
    };
    for (const kind of ['INTERACT', 'SEARCH', 'ADMIN', 'OPERATOR'] as const) {
      clients[kind] = connect(attune as never, { connectionParams: headers[kind] });
    }
  });
  afterAll(async () => {
    await Promise.all(Object.values(clients).map((client) => client.dispose()));
    await attune.close();
  });

  /** Nothing of the kind is there, so that who is let in is told so, also by a subscription. */
  const operation = (field: RootField) => ({
    query: operationOf(field, field.root === 'mutation' ? '{ __typename ... on Error { code } }' : '{ __typename }'),
    variables: leastVariables(field, {
      featureUri: 'attune://lexical@v1/bm25',
      name: `by-${field.name.toLowerCase()}`,
    }),
  });

  /** Why it was refused, or `let in`. */
  function verdictOn(field: RootField, answer: { data?: unknown; errors?: readonly unknown[] }): string {
    const codes = (answer.errors ?? []).map((error) => (error as { extensions: { code: string } }).extensions.code);
    expect(codes).not.toContain('INTERNAL');
    const result = (answer.data as Record<string, { __typename?: string; code?: string }> | null | undefined)?.[
      field.name
    ];
    const code = result?.__typename === 'ForbiddenError' ? result.code : codes[0];
    return code === 'FORBIDDEN' || code === 'UNAUTHENTICATED' ? code : 'let in';
  }

  async function overHttp(field: RootField, kind: Kind): Promise<string> {
    if (field.root !== 'subscription') {
      const { query, variables } = operation(field);
      return verdictOn(field, await attune.ask(query, variables, headers[kind]));
    }
    const { events, abort } = await eventStream(attune as never, operation(field), headers[kind]);
    const { value } = await events.next();
    abort();
    return verdictOn(field, value as object);
  }

  /** A connection without a valid key is closed before it can ask. */
  async function overWebSocket(field: RootField, kind: Kind): Promise<string> {
    const client = clients[kind] ?? connect(attune as never, { connectionParams: headers[kind] });
    const { query, variables } = operation(field);
    const { events, ended } = subscribe(client, query, variables);
    const end = await ended;
    if (clients[kind] === undefined) await client.dispose();
    if (Array.isArray(end)) return verdictOn(field, { errors: end });
    if (end !== null) return (end as { code: number }).code === 4401 ? 'UNAUTHENTICATED' : 'closed';
    return verdictOn(field, (events[0] ?? {}) as object);
  }

  const stored = async () =>
    (
      await attune.ask(`{ apiKeys(first: 100) { nodes { id revokedAt } } collections(first: 100) { nodes { id documentCount } }
        retrievers(first: 100) { nodes { id version } } evaluationDatasets(first: 100) { nodes { id } }
        interactions(first: 100) { nodes { id } } }`)
    ).data;

  test.each(rootFields.map((field) => [field.root, field.name, field] as const))(
    '%s %s',
    async (_root, _name, field) => {
      const entitled = letIn[needsOf(field)];
      const refused = kinds.filter((kind) => !entitled.includes(kind));
      const why = (kind: Kind) => (kind === 'NOBODY' || kind === 'STRANGER' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
      const before = await stored();
      for (const kind of refused) {
        expect([kind, await overHttp(field, kind), await overWebSocket(field, kind)]).toEqual([
          kind,
          why(kind),
          why(kind),
        ]);
      }
      expect(await stored()).toEqual(before);
      for (const kind of entitled) {
        expect([kind, await overHttp(field, kind), await overWebSocket(field, kind)]).toEqual([
          kind,
          'let in',
          'let in',
        ]);
      }
    },
  );
});

/** How to play the source of each subscription. */
const players: Readonly<Record<string, (app: HandMadeApp, source: LatestValue<object>) => void>> = {
  learnedWeights: (app, source) => void (app.learning.watch = async () => source as never),
  evaluationProgress: (app, source) => void (app.evaluations.watch = async () => source as never),
  rolloutEvents: (app, source) => void (app.rollouts.watchEvents = async () => source as never),
  interactionFeed: (app, source) => void (app.interactions.watch = async () => source as never),
};

describe('each event of', () => {
  let server: TestServer;
  afterEach(() => server.close());

  const subscriptions = rootFields.filter(({ root }) => root === 'subscription');
  const transports = ['SSE', 'WebSocket'] as const;

  describe.each(subscriptions.map((field) => [field.name, field] as const))('%s', (name, field) => {
    /** A subscription that has shown one event, and its source. */
    async function open(transport: (typeof transports)[number]) {
      server = await startTestServer();
      const authorization = authorizations[needsOf(field) === 'SEARCH' ? 'search' : 'admin'];
      let isReleased = false;
      const source = new LatestValue<object>(() => (isReleased = true));
      players[name]?.(server.app, source);
      const body = { query: operationOf(field, '{ __typename }'), variables: leastVariables(field, {}) };
      const answers: { data?: unknown; errors?: unknown }[] = [];
      const hasEnded =
        transport === 'SSE' ? overSse(body, authorization, answers) : overSocket(body, authorization, answers);
      await until(() => server.app.keyWatchers.size === 1);
      source.push({});
      await until(() => answers.length === 1);
      return { source, answers, hasEnded, authorization, isReleased: () => isReleased };
    }

    async function overSse(body: object, authorization: string, answers: object[]): Promise<void> {
      const { events } = await eventStream(server, body, { authorization });
      for await (const event of events) answers.push(event);
    }

    async function overSocket(
      { query, variables }: { query: string; variables: Record<string, unknown> },
      authorization: string,
      answers: object[],
    ): Promise<void> {
      const client = connect(server, { connectionParams: { authorization } });
      const end = await new Promise<unknown>((resolve) =>
        client.subscribe(
          { query, variables },
          { next: (event) => answers.push(event), error: resolve, complete: () => resolve(null) },
        ),
      );
      if (Array.isArray(end)) answers.push({ errors: end as unknown });
      await client.dispose();
    }

    const shown = { data: { [name]: { __typename: expect.any(String) } } };
    const ended = (code: string) => ({ errors: [expect.objectContaining({ extensions: { code } })] });

    test.each(transports)('is held back once the key is revoked, over %s', async (transport) => {
      const { source, answers, hasEnded, authorization, isReleased } = await open(transport);
      server.app.revoked.add(authorization);
      source.push({});
      await hasEnded;
      expect(answers).toEqual([shown, expect.objectContaining(ended('UNAUTHENTICATED'))]);
      expect([isReleased(), server.app.keyWatchers.size]).toEqual([true, 0]);
    });

    test.each(transports)('is the last where it is told that the key has ended, over %s', async (transport) => {
      const { answers, hasEnded, authorization, isReleased } = await open(transport);
      server.app.revoked.add(authorization);
      for (const tell of server.app.keyWatchers) tell();
      await hasEnded;
      expect(answers).toEqual([shown, expect.objectContaining(ended('UNAUTHENTICATED'))]);
      expect(isReleased()).toBe(true);
    });

    test.each(transports)('is held back once the key has lost its scope or namespace, over %s', async (transport) => {
      for (const lost of [{ scopes: ['interact' as const] }, { namespace: { id: 'other', name: 'other' } }]) {
        const { source, answers, hasEnded } = await open(transport);
        const { authenticate } = server.app.access;
        server.app.access.authenticate = async (credentials) => ({ ...(await authenticate(credentials)), ...lost });
        source.push({});
        await hasEnded;
        expect(answers).toEqual([shown, expect.objectContaining(ended('FORBIDDEN'))]);
        await server.close();
      }
    });
  });
});
