import fc from 'fast-check';
import { getNamedType, isObjectType } from 'graphql';
import { v4 as uuidv4 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { rootFields, type RootField } from '../fixtures/root-fields.ts';
import {
  anyOperation,
  fieldOf,
  fill,
  operationsOn,
  placesIn,
  queryOf,
  type TenantOperation,
  type Whose,
} from './tenant-operations.ts';
import { askOver, eventStream } from './transport-clients.ts';
import { createRetriever, createTenant, keep, stateOf, type Answer, type IdKind, type Tenant } from './two-tenants.ts';

/** Operations in all, and what they are drawn by: ATTUNE_TENANT_OPERATIONS and ATTUNE_FUZZ_SEED for more and for others. */
const OPERATIONS = Number(process.env.ATTUNE_TENANT_OPERATIONS ?? 200);
const SEED = Number(process.env.ATTUNE_FUZZ_SEED ?? 20261128);
/** One tenant's operations in a row, between two looks at what the other has. */
const IN_A_ROW = 10;
const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Which field of which payload holds what was made. */
const made: Readonly<Record<string, readonly [field: string, kind: IdKind]>> = {
  CreateCollectionPayload: ['collection', 'collection'],
  CreateRetrieverPayload: ['retriever', 'retriever'],
  CreateApiKeyPayload: ['apiKey', 'apiKey'],
  EvaluationDatasetPayload: ['dataset', 'dataset'],
  RunEvaluationPayload: ['evaluation', 'evaluation'],
  RunBenchmarkPayload: ['benchmark', 'benchmark'],
  StartInterleavingPayload: ['interleaving', 'interleaving'],
  RecordInteractionPayload: ['interaction', 'interaction'],
};

type Result = Record<string, unknown> & { __typename?: string };
const resultOf = (field: RootField, { data }: Answer) => (data?.[field.name] ?? null) as Result | null;
const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions['code']);

/** Subscriptions that begin with what happens next, and not with how things are. */
const waitsForNews = new Set(['rolloutEvents', 'interactionFeed']);

describe('two tenants that call everything alike', () => {
  let attune: RunningAttune;
  let tenants: readonly [Tenant, Tenant];
  /** How often an operation was let do what it says, by its field. */
  const succeeded = new Map<string, number>();

  beforeAll(async () => {
    const limits = {
      ATTUNE_MAX_TOKENS: '20000',
      ATTUNE_MAX_COST: '1000000',
      ATTUNE_MAX_ALIASES: '1000',
      ATTUNE_MAX_DEPTH: '50',
    };
    const rates = { ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' };
    attune = await startAttune({ ATTUNE_DEMO: '0', ...limits, ...rates });
    tenants = [await createTenant(attune, 'acme', 'quixotry'), await createTenant(attune, 'bolt', 'zephyrine')];
    for (const tenant of tenants) await stateOf(attune, tenant);
  }, 120_000);
  afterAll(() => attune.close());

  async function send(
    operation: TenantOperation,
    own: Tenant,
    variables: Record<string, unknown>,
    overSocket: boolean,
  ): Promise<Answer> {
    const { byPage } = operation;
    const field = fieldOf(operation);
    const authorization = `Bearer ${byPage ? own.keys.page : own.keys.admin}`;
    const body = { query: queryOf(field), variables };
    if (field.root === 'subscription') return firstEvent(operation, body, authorization);
    return askOver(overSocket ? 'WebSocket' : 'HTTP', attune as never, body, authorization) as Promise<Answer>;
  }

  /** What a subscription begins with; nothing where it is its own and has nothing to tell yet. */
  async function firstEvent(operation: TenantOperation, body: object, authorization: string): Promise<Answer> {
    const { events, abort } = await eventStream(attune as never, body, { authorization });
    const tellsAtOnce = !waitsForNews.has(fieldOf(operation).name) && operation.variables['after'] === undefined;
    const isRefused =
      operation.byPage ||
      placesIn(operation.variables).some(({ whose, place }) => whose !== 'own' || place === 'event');
    const event = tellsAtOnce || isRefused ? await events.next() : null;
    abort();
    return (event?.value ?? {}) as Answer;
  }

  /** Nothing of the other tenant is in it, but what was sent. */
  function expectNothingOf(other: Tenant, answer: Answer, sent: readonly string[], about: string): void {
    const text = JSON.stringify(answer);
    expect(text.includes(other.word), `${about}: ${text}`).toBe(false);
    const leaked = (text.match(uuids) ?? []).filter((id) => other.every.has(id) && !sent.includes(id));
    expect(leaked, `${about}: ${text}`).toEqual([]);
    expect(codesOf(answer), about).not.toContain('INTERNAL');
  }

  function learnFrom(operation: TenantOperation, own: Tenant, answer: Answer): void {
    const field = fieldOf(operation);
    const result = resultOf(field, answer);
    if (result === null || result.__typename?.endsWith('Error') === true) return;
    succeeded.set(field.name, (succeeded.get(field.name) ?? 0) + 1);
    const [name, kind] = made[result.__typename ?? ''] ?? [];
    if (name !== undefined && kind !== undefined) keep(own, kind, (result[name] as { id?: string } | undefined)?.id);
    keep(own, 'execution', result['executionId']);
    for (const id of JSON.stringify(answer).match(uuids) ?? []) if (!isOfOther(own, id)) own.every.add(id);
    const deleted = result['deletedId'];
    own.ids.retriever = own.ids.retriever.filter((id) => id !== deleted);
  }

  const isOfOther = (own: Tenant, id: string) => tenants.some((tenant) => tenant !== own && tenant.every.has(id));

  /** One operation, and where it names what is another's, the same with what is nobody's: the answers must not tell them apart. */
  async function perform(operation: TenantOperation, own: Tenant, overSocket = false): Promise<void> {
    const other = tenants[0] === own ? tenants[1] : tenants[0];
    const field = fieldOf(operation);
    const asked = fill(operation, own, other);
    const answer = await send(operation, own, asked.variables, overSocket);
    const about = `${own.name}: ${field.root} ${field.name} ${JSON.stringify(asked.variables)}`;
    expectNothingOf(other, answer, asked.foreign, about);
    learnFrom(operation, own, answer);
    if (!placesIn(operation.variables).some(({ whose }) => whose === 'foreign')) return;

    const twin = fill(operation, own, other, true);
    const twinAnswer = await send(operation, own, twin.variables, overSocket);
    expect(toldOf(field, answer, asked.foreign), about).toEqual(toldOf(field, twinAnswer, twin.foreign));
  }

  /** What an answer says of ids that are not the asker’s; of what was done besides, only that it was. */
  function toldOf(field: RootField, answer: Answer, foreign: readonly string[]): unknown {
    const result = resultOf(field, answer);
    const isDone = field.root === 'mutation' && result !== null && result.__typename?.endsWith('Payload') === true;
    const told = isDone ? { done: result.__typename, rejected: result['rejected'] } : answer;
    return JSON.parse(foreign.reduce((text, id) => text.replaceAll(id, '«id»'), JSON.stringify(told))) as unknown;
  }

  test('has both of them with something of everything', () => {
    for (const { ids } of tenants) for (const kept of Object.values(ids)) expect(kept.length).toBeGreaterThan(0);
  });

  const whoseIn = (whose: Whose) => fc.constant<Whose>(whose);

  const samplesOf = (field: RootField) =>
    fc.sample(operationsOn(field, whoseIn('foreign')), { numRuns: 2, seed: SEED });
  const takingIds = rootFields.filter((field) =>
    samplesOf(field).some(({ variables }) => placesIn(variables).length > 0),
  );

  describe.each(takingIds.map((field) => [field.root, field.name, field] as const))('%s %s', (_root, _name, field) => {
    test('answers of the other’s as of nobody’s', async () => {
      for (const operation of samplesOf(field)) {
        for (const tenant of tenants) await perform({ ...operation, byPage: false }, tenant);
      }
    });
  });

  test('go on behind what is another’s as behind what is nobody’s in the lists of a dataset and an evaluation', async () => {
    const below = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => !['Query', 'Mutation', 'Subscription'].includes(type.name))
      .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
      .filter(({ field }) => field.args.some(({ name, type }) => name === 'after' || getNamedType(type).name === 'ID'));
    // whatever else takes an id below the first level belongs here
    expect(below.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([
      // its cursor is the name that a tenant gave a document, and names a place in the order of names, whosever it is
      'Collection.documents',
      'Evaluation.queries',
      'EvaluationDataset.queries',
    ]);

    const ask = async (tenant: Tenant, after: string | null) => {
      const query = `query ($dataset: ID!, $evaluation: ID!, $after: String) {
        evaluationDataset(id: $dataset) { queries(after: $after) { nodes { id } pageInfo { endCursor } } }
        evaluation(id: $evaluation) { queries(after: $after) { nodes { id } } } }`;
      const { data } = await tenant.ask(query, {
        dataset: tenant.ids.dataset[0],
        evaluation: tenant.ids.evaluation[0],
        after,
      });
      return data as { evaluationDataset: { queries: { nodes: object[]; pageInfo: { endCursor: string } } } };
    };
    const [own, other] = tenants;
    const { endCursor } = (await ask(other, null)).evaluationDataset.queries.pageInfo;
    const nobodys = Buffer.from(uuidv4()).toString('base64url');
    expect(await ask(own, endCursor)).toEqual(await ask(own, nobodys));
  });

  test('a namespace that is named beside the key is no way to the other', async () => {
    const [own, other] = tenants;
    const headers = (name: string) => ({ authorization: `Bearer ${own.keys.admin}`, 'x-namespace': name });
    const named = await attune.ask('{ retrievers { nodes { id } } }', {}, headers(other.name));
    const unknown = await attune.ask('{ retrievers { nodes { id } } }', {}, headers('nowhere'));
    expect(JSON.stringify(named).replace(other.name, 'nowhere')).toBe(JSON.stringify(unknown));
    expect(codesOf(named as Answer)).toEqual(['FORBIDDEN']);
  });

  test(
    `see nothing of each other in ${OPERATIONS} random operations`,
    async () => {
      const watched = await Promise.all(tenants.map((tenant) => watchAll(tenant)));
      const whose = fc.oneof(
        { weight: 4, arbitrary: whoseIn('own') },
        { weight: 2, arbitrary: whoseIn('foreign') },
        { weight: 1, arbitrary: whoseIn('lost') },
      );
      const operation = fc.record({ operation: anyOperation(whose), overSocket: fc.nat(9).map((n) => n === 0) });
      const row = fc.record({
        who: fc.nat(1),
        operations: fc.array(operation, { minLength: IN_A_ROW, maxLength: IN_A_ROW }),
      });
      try {
        await fc.assert(
          fc.asyncProperty(row, async ({ who, operations }) => {
            const [own, other] = who === 0 ? tenants : [tenants[1], tenants[0]];
            const before = await stateOf(attune, other);
            const eventsBefore = watched[1 - who]!.count();
            for (const { operation, overSocket } of operations) await perform(operation, own, overSocket);
            if (own.ids.retriever.length < 3)
              await createRetriever(own, `again ${own.ids.retriever.length}`, 'LEARNED').catch(() => {});
            expect(await stateOf(attune, other)).toEqual(before);
            expect(watched[1 - who]!.count()).toBe(eventsBefore);
          }),
          { numRuns: Math.ceil(OPERATIONS / IN_A_ROW), seed: SEED, endOnFailure: true },
        );
      } finally {
        for (const { stop } of watched) stop();
      }
      if (process.env.ATTUNE_TENANT_OPERATIONS !== undefined) {
        console.log(`let do: ${JSON.stringify(Object.fromEntries([...succeeded].sort()))}`);
      }
    },
    30_000 + OPERATIONS * 200,
  );

  /** What is live for a tenant, counted, and held against the other’s. */
  async function watchAll(tenant: Tenant): Promise<{ count(): number; stop(): void }> {
    const other = tenants[0] === tenant ? tenants[1] : tenants[0];
    const [retrieverId] = tenant.ids.retriever;
    let seen = 0;
    let isStopped = false;
    let fault: unknown = null;
    const stops: (() => void)[] = [];
    for (const query of [
      'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { retrieverId version } }',
      'subscription ($id: ID!) { rolloutEvents(retrieverId: $id) { id retrieverId reason details } }',
    ]) {
      const body = { query, variables: { id: retrieverId } };
      const { events, abort } = await eventStream(attune as never, body, {
        authorization: `Bearer ${tenant.keys.admin}`,
      });
      stops.push(abort);
      void (async () => {
        for await (const event of events) {
          seen += 1;
          expectNothingOf(other, event, [], 'an event');
        }
      })().catch((error: unknown) => {
        if (!isStopped) fault = error;
      });
    }
    return {
      count() {
        expect(fault).toBeNull();
        return seen;
      },
      stop() {
        isStopped = true;
        stops.forEach((stop) => stop());
      },
    };
  }
});
