import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
  type GraphQLInputField,
  type GraphQLArgument,
} from 'graphql';
import { v4 as uuidv4 } from 'uuid';
import { everythingOf } from '../fixtures/selections.ts';
import { operationOf, rootFields, type RootField } from '../fixtures/root-fields.ts';
import { idKinds, lexical, ngram, stagesOf, type IdKind, type Tenant } from './two-tenants.ts';

/** Whose thing an id names; `lost`: nobody's, and as old as one of the other tenant. */
export type Whose = 'own' | 'foreign' | 'lost';

/** Stands for an id until it is known what ids there are. */
interface Place {
  place: IdKind;
  whose: Whose;
  /** Which one of them. */
  pick: number;
  /** Ids that lists go on behind are written otherwise. */
  asCursor: boolean;
}

export interface TenantOperation {
  /** Its root and its name. */
  of: string;
  /** With places in place of ids. */
  variables: Record<string, unknown>;
  /** Whether the key is the one that pages hold. */
  byPage: boolean;
}

/** What ids of that name name; by the root field, where a name says nothing. */
const kindsByName: Readonly<Record<string, IdKind>> = {
  ...{ retrieverId: 'retriever', collectionId: 'collection', collectionIds: 'collection', datasetId: 'dataset' },
  ...{ evaluationId: 'evaluation', executionId: 'execution', apiKeyId: 'apiKey', interleavingId: 'interleaving' },
  ...{ ids: 'interaction', candidateId: 'retriever', baselineId: 'retriever' },
  ...{ 'retriever.id': 'retriever', 'collection.id': 'collection', 'evaluationDataset.id': 'dataset' },
  ...{ 'evaluation.id': 'evaluation', 'benchmark.id': 'benchmark', 'interleaving.id': 'interleaving' },
  ...{ 'compareEvaluations.candidateId': 'evaluation', 'compareEvaluations.baselineId': 'evaluation' },
  ...{ 'rolloutEvents.after': 'event', 'apiKeys.after': 'apiKey', 'interactions.after': 'interaction' },
  ...{ 'collections.after': 'collection', 'retrievers.after': 'retriever', 'evaluations.after': 'evaluation' },
  ...{ 'evaluationDatasets.after': 'dataset', 'benchmarks.after': 'benchmark', 'interleavings.after': 'interleaving' },
};

const few = (...values: unknown[]): fc.Arbitrary<unknown> => fc.constantFrom(...values);
/** Stands for the word of whoever asks. */
export const ownWord = '«word»';

/** Both tenants draw from these, so that whatever has a name has the same name for both. */
const valuesByName: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{
    name: few('shop', 'judged', 'spare'),
    retrieverName: few('one', 'two', 'three'),
    featureUri: few(lexical, ngram),
  },
  ...{
    documentId: few('d0', 'd1', 'd7'),
    documentIds: few(['d1'], ['d2', 'd3'], ['d7']),
    content: few(`lamp ${ownWord}`),
  },
  ...{ userId: few('ann', 'bob'), sessionId: few('session of ann', 'session of bob'), segment: few('readers') },
  ...{ idempotencyKey: few('key 1', 'key 2', 'key 3'), position: fc.integer({ min: 0, max: 3 }), reason: few(ownWord) },
  ...{
    metadata: few({ word: ownWord }),
    inputs: few({ query: 'lamp', word: ownWord }),
    scopes: few(['SEARCH'], ['ADMIN']),
  },
  ...{ features: few([{ featureUri: lexical }]), filters: few(null), query: few('{{INPUT.query}}'), kValues: few([1]) },
  ...{ limit: few(1, 3), first: few(1, 5), days: few(1), hours: few(1), sessions: few(50), searches: few(50) },
  ...{
    minInteractions: few(1),
    judgments: few([{ documentId: 'd0' }]),
    trafficPct: few(10),
    rolloutPct: few(0, 50, 100),
  },
  ...{ controlPct: few(0, 10), shadowMode: fc.boolean(), excludedUsers: few([], ['bob']), releaseHold: fc.boolean() },
  ...{ types: few(['CLICK'], ['VIEW']), interactionTypes: few(['CLICK'], ['PURCHASE', 'VIEW']), relevance: few(1) },
};

/** Left out: what a test of tenants has no use for, or what would make every operation fail before its ids are looked at. */
const unused = new Set([
  'csv',
  'jsonl',
  'seed',
  'occurredAt',
  'expiresAt',
  'allowedOrigins',
  'rateLimitPerMinute',
  'vectors',
]);
['inputSchema', 'guardrails', 'datasetVersion', 'k', 'alpha', 'fields', 'dimensions', 'heldOutOnly'].forEach((name) =>
  unused.add(name),
);

const placeOf = (kind: IdKind, whose: fc.Arbitrary<Whose>, asCursor = false): fc.Arbitrary<Place> =>
  fc.record({
    place: fc.oneof({ weight: 9, arbitrary: fc.constant(kind) }, { weight: 1, arbitrary: fc.constantFrom(...idKinds) }),
    whose,
    pick: fc.nat(100),
    asCursor: fc.constant(asCursor),
  });

/** @param whose of each id by itself */
export function operationsOn(field: RootField, whose: fc.Arbitrary<Whose>): fc.Arbitrary<TenantOperation> {
  const model = Object.fromEntries(
    field.field.args.map((arg) => [arg.name, valueOf(arg.type, arg.name, field.name, whose)]),
  );
  const requiredKeys = field.field.args.filter(isRequired).map(({ name }) => name);
  // what takes ids in the end takes them always, so that few operations are about nothing
  const variables = fc.record(model, { requiredKeys: [...requiredKeys] });
  return fc.record({
    of: fc.constant(`${field.root} ${field.name}`),
    variables,
    byPage: fc.nat(9).map((n) => n === 0),
  });
}

function isRequired({ type, defaultValue }: GraphQLInputField | GraphQLArgument): boolean {
  return isNonNullType(type) && defaultValue === undefined;
}

function valueOf(
  type: GraphQLInputType,
  name: string,
  root: string,
  whose: fc.Arbitrary<Whose>,
): fc.Arbitrary<unknown> {
  const kind = kindsByName[`${root}.${name}`] ?? kindsByName[name];
  if (kind !== undefined && !isListType(isNonNullType(type) ? type.ofType : type))
    return placeOf(kind, whose, name === 'after');
  if (name === 'stages') return stages(whose);
  if (name in valuesByName) return valuesByName[name]!;
  if (isNonNullType(type)) return valueOf(type.ofType as GraphQLInputType, name, root, whose);
  if (isListType(type)) {
    return fc.array(valueOf(type.ofType as GraphQLInputType, name, root, whose), { minLength: 1, maxLength: 2 });
  }
  const named = getNamedType(type);
  if (isEnumType(named)) return fc.constantFrom(...named.getValues().map((value) => value.name));
  if (!isInputObjectType(named)) return fc.constantFrom(1);
  const fields = Object.values(named.getFields()).filter((field) => isRequired(field) || !unused.has(field.name));
  const model = Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, field.name, root, whose)]));
  return fc.record(model, { requiredKeys: fields.filter(isRequired).map((field) => field.name) });
}

/** Also of a retriever that begins with what somebody’s evaluation has seen. */
function stages(whose: fc.Arbitrary<Whose>): fc.Arbitrary<unknown> {
  const warm = placeOf('evaluation', whose).map((evaluationId) => ({ warmStart: { evaluationId, strength: 5 } }));
  return fc.oneof(
    fc.constantFrom('LEARNED', 'RRF').map((fusion) => stagesOf(fusion)),
    warm.map((learningConfig) => stagesOf('LEARNED', learningConfig)),
  );
}

/** Work for a whole second, each, so that they are drawn seldom. */
const heavy = new Set([
  'createCollection',
  'runBenchmark',
  'runEvaluation',
  'rebuildLearnedWeights',
  'generateEvaluationDataset',
]);
[
  'deleteUserData',
  'resetPreferences',
  'retrieverSignals',
  'retrieverPerformance',
  'offPolicyEstimate',
  'startInterleaving',
].forEach((name) => heavy.add(name));

export function anyOperation(whose: fc.Arbitrary<Whose>): fc.Arbitrary<TenantOperation> {
  const weighted = rootFields.map((field) => ({
    weight: heavy.has(field.name) ? 1 : 6,
    arbitrary: operationsOn(field, whose),
  }));
  return fc.oneof(...weighted);
}

/** All that can be asked of the answer, but for what takes a second to work out. */
const workedOut = ['Retriever.examinationCurve', 'Rollout.shadowReport', 'Rollout.sampleRatio', 'SearchResult.replay'];
const queries = new Map(
  rootFields.map((field) => {
    const selection = everythingOf(field.field.type, { depth: 4, without: new Set(workedOut) });
    return [field, operationOf(field, selection)];
  }),
);
export const queryOf = (field: RootField): string => queries.get(field)!;

export function fieldOf({ of }: TenantOperation): RootField {
  return rootFields.find(({ root, name }) => of === `${root} ${name}`)!;
}

export function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'place' in value ? [value as Place] : Object.values(value).flatMap(placesIn);
}

/** What is sent, and what ids of nobody stand in it. */
export interface Filled {
  variables: Record<string, unknown>;
  foreign: string[];
}

/** Puts ids in the places. @param asLost in place of each id of the other tenant one that nobody has */
export function fill(operation: TenantOperation, own: Tenant, other: Tenant, asLost = false): Filled {
  const foreign: string[] = [];
  const idIn = ({ place, whose, pick }: Place): string => {
    // the first retriever of each stays, so that there is always one to be watched
    const isLast = fieldOf(operation).name === 'deleteRetriever' && whose === 'own';
    const ids = (whose === 'own' ? own : other).ids[place].slice(isLast ? 2 : 0);
    const id = ids[pick % Math.max(1, ids.length)] ?? uuidv4();
    if (whose === 'own') return id;
    // what is lost and what takes another's place are not one, where an operation names both
    const given = whose === 'lost' ? nobodys(id, 'lost') : asLost ? nobodys(id, 'twin') : id;
    foreign.push(given);
    return given;
  };
  const filled = (value: unknown): unknown => {
    if (value === ownWord) return own.word;
    if (typeof value === 'string') return value.replace(ownWord, own.word);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(filled);
    if (!('place' in value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item)]));
    const id = idIn(value as Place);
    return (value as Place).asCursor && fieldOf(operation).root === 'query'
      ? Buffer.from(id).toString('base64url')
      : id;
  };
  return { variables: filled(operation.variables) as Record<string, unknown>, foreign };
}

/** An id of the same moment that nobody was given, so that it stands in the same place of every list; of an id always the same. */
function nobodys(id: string, kind: string): string {
  return `${id.slice(0, -12)}${createHash('sha256').update(`${kind} ${id}`).digest('hex').slice(0, 12)}`;
}
