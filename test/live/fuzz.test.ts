import fc from 'fast-check';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';

/** Inputs a mutation, and what they are drawn by: ATTUNE_FUZZ_RUNS and ATTUNE_FUZZ_SEED for more and for others. */
const RUNS = Number(process.env.ATTUNE_FUZZ_RUNS ?? 20);
const SEED = Number(process.env.ATTUNE_FUZZ_SEED ?? 20261123);
const DEEPEST = 6;

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\uD800',
    'x'.repeat(20_000),
    '{{INPUT.query}}',
    '__proto__',
    "';--",
    '\u202E',
  ),
  fc.uuid(),
);
const anyInt = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31)));
const anyFloat = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e308, -1e308, 5e-324, -0, 0),
);
const anyVector = fc.oneof(fc.array(anyFloat, { maxLength: 5 }), fc.constant(new Array<number>(5_000).fill(1)));
/** As deep as JSON can be written. */
function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(anyText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
  // with a key of its own of that name, as a parser of JSON makes it
  fc.constantFrom(
    ...(JSON.parse('[{ "__proto__": { "polluted": 1 } }, { "__proto__": { "eq": 1 }, "toString": 1 }]') as object[]),
  ),
  fc.constantFrom(
    nested(2_000, (inner) => [inner]),
    nested(2_000, (inner) => ({ NOT: inner })),
    nested(1_000, (inner) => ({ AND: [inner] })),
  ),
  fc.constantFrom('{{INPUT.__proto__}}', '{{INPUT.constructor}}', {
    field: '__proto__',
    operator: 'constructor',
    value: 1,
  }),
  fc.constantFrom({ __proto__: null, constructor: 1 }, { eq: { eq: [] } }, { AND: [{ OR: [] }] }),
);
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  ...{ String: anyText, Int: anyInt, Float: anyFloat, Boolean: fc.boolean(), JSON: anyJson, Vector: anyVector },
  DateTime: fc.oneof(anyText, fc.constantFrom('2026-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '0000-01-01')),
};

/** Of the right type mostly, so that it gets past the schema and into the use cases; of a wrong one now and then. */
function valueOf(type: GraphQLInputType, ids: readonly string[], depth = 0): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) {
    const right = valueOf(type.ofType as GraphQLInputType, ids, depth);
    return fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: anyJson });
  }
  const given = known(type, ids, depth);
  return fc.oneof({ weight: 6, arbitrary: given }, { weight: 1, arbitrary: fc.constant(null) });
}

function known(type: GraphQLInputType, ids: readonly string[], depth: number): fc.Arbitrary<unknown> {
  if (isListType(type)) {
    const item = valueOf(type.ofType as GraphQLInputType, ids, depth + 1);
    return fc.array(item, { maxLength: depth > DEEPEST ? 0 : 3 });
  }
  const named = getNamedType(type);
  if (isEnumType(named)) return fc.constantFrom(...named.getValues().map(({ name }) => name), 'NO_SUCH_VALUE');
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields());
    const model = Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, ids, depth + 1)]));
    const required = fields.filter((field) => isNonNullType(field.type)).map(({ name }) => name);
    return named.isOneOf
      ? fc.oneof(...fields.map(({ name }) => fc.record({ [name]: model[name]! })))
      : fc.record(model, { requiredKeys: required });
  }
  if (named.name === 'ID') return fc.oneof(fc.constantFrom(...ids), anyText);
  return scalars[named.name] ?? anyText;
}

describe('whatever is sent', () => {
  let attune: RunningAttune;
  let ids: string[];

  beforeAll(async () => {
    attune = await startAttune({ ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' });
    const made = await ask(
      `mutation { createCollection(input: { name: "shop", features: [{ featureUri: "attune://lexical@v1/bm25" }] }) {
        ... on CreateCollectionPayload { collection { id } } } }`,
    );
    const { id } = (made.data as { createCollection: { collection: { id: string } } }).createCollection.collection;
    ids = [id, '0190f1a0-0000-7000-8000-000000000001'];
  });
  afterAll(() => attune.close());

  async function ask(query: string, variables: object = {}) {
    const response = await fetch(`${attune.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${attune.adminKey}` },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      ...(JSON.parse(text) as { data?: unknown; errors?: { message: string; extensions?: { code?: string } }[] }),
    };
  }

  async function counts(): Promise<unknown> {
    const { data } = await ask(`{ collections(first: 100) { nodes { id } } retrievers(first: 100) { nodes { id } } }`);
    const { collections, retrievers } = data as Record<'collections' | 'retrievers', { nodes: unknown[] }>;
    return { collections: collections.nodes.length, retrievers: retrievers.nodes.length };
  }

  const queries = Object.values(schema.getQueryType()!.getFields()).filter(({ args }) => args.length > 0);
  test.each(queries.map(({ name, args }) => [name, args] as const))(
    'the query %s takes it as well',
    async (name, args) => {
      const given = (args as readonly GraphQLArgument[]).map((arg) => ({ arg, value: valueOf(arg.type, ids) }));
      const variables = fc.record(Object.fromEntries(given.map(({ arg, value }) => [arg.name, value])));
      const declared = given.map(({ arg }) => `$${arg.name}: ${String(arg.type)}`).join(', ');
      const passed = given.map(({ arg }) => `${arg.name}: $${arg.name}`).join(', ');
      await fc.assert(
        fc.asyncProperty(variables, async (sent) => {
          const { status, text } = await ask(`query (${declared}) { ${name}(${passed}) { __typename } }`, sent);
          expect(status, text).toBeLessThan(500);
          expect(text).not.toMatch(/"INTERNAL"/);
        }),
        { numRuns: Math.ceil(RUNS / 4), seed: SEED, endOnFailure: true },
      );
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    },
  );

  const mutations = Object.values(schema.getMutationType()!.getFields());
  test.each(mutations.map(({ name, args }) => [name, args] as const))(
    '%s answers with an error of the caller’s, or does it',
    async (name, args) => {
      const given = (args as readonly GraphQLArgument[]).map((arg) => ({ arg, value: valueOf(arg.type, ids) }));
      const variables = fc.record(Object.fromEntries(given.map(({ arg, value }) => [arg.name, value])));
      const declared = given.map(({ arg }) => `$${arg.name}: ${String(arg.type)}`).join(', ');
      const passed = given.map(({ arg }) => `${arg.name}: $${arg.name}`).join(', ');
      const query = `mutation (${declared}) { ${name}(${passed}) { __typename ... on Error { code message } } }`;
      await fc.assert(
        fc.asyncProperty(variables, async (sent) => {
          const before = await counts();
          const { status, text, errors = [], data } = await ask(query, sent);
          expect(status, text).toBeLessThan(500);
          for (const { message, extensions } of errors) {
            expect(extensions?.code, message).toMatch(/^[A-Z][A-Z0-9_]+$/);
            expect(extensions?.code, message).not.toBe('INTERNAL');
          }
          const answer = (data as Record<string, { __typename: string } | null> | null | undefined)?.[name];
          if (answer === undefined || answer === null || answer.__typename.endsWith('Error'))
            expect(await counts(), text).toEqual(before);
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      );
    },
    120_000,
  );
});
