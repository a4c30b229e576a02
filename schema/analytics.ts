import type { EmptyQuery, LatencyRow, SlowSearch } from '../src/analytics/analytics-store.ts';
import type { DeadFeature } from '../src/analytics/dead-features.ts';
import type { WeightState, WeightVerdict } from '../src/analytics/judge-weights.ts';
import type { PositionCtr } from '../src/analytics/rates.ts';
import type { RetrieverPerformance, Summary } from '../src/analytics/retriever-performance.ts';
import type { Signal, SignalType } from '../src/analytics/retriever-signals.ts';
import type { Uplift } from '../src/analytics/uplift.ts';
import type { ContextLevel } from '../src/learning/context.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';
import { ContextLevelEnum } from './learned-weights.ts';

const SignalTypeEnum = builder.enumType('SignalType', {
  description: 'What to look at.',
  values: {
    LEARNED_WEIGHTS: {
      description:
        'One a time, level and feature: `{ featureUri, searches, mean, spread, drawVariance, applied, verdict: { state, dominatedBy, segmentsDiffer, text } }`. `mean` is what weights were drawn about, `spread` its standard deviation over the searches, `drawVariance` the mean squared distance of a draw from it. May be narrowed to a user or a segment.',
    },
    INTERACTIONS: {
      description:
        'One a time: `{ events, types: { CLICK: 12 }, searches, ctr, mrr, mrrOfClicked, interactionRate, penaltyRate, zeroResultRate }`. Events by when they came, the rest by when the search was. May be narrowed to a user (events alone) or a segment.',
    },
    LATENCY: {
      description:
        'One a time and stage (`total`, `embedding`, `fusion`, `sampling`, or a feature URI): `{ stage, searches, p50Ms, p95Ms, p99Ms }`. May be narrowed to a segment.',
    },
    ZERO_RESULTS: {
      description:
        'One a time: `{ searches, zeroResults, zeroResultRate }`; then one a query that found nothing: `{ query, searches }`, at the time it was last asked. May be narrowed to a segment.',
    },
  } as const satisfies Record<SignalType, object>,
});

const SignalTypeObject = builder.objectRef<Signal>('Signal').implement({
  description: 'What was measured at a time.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'The begin of the hour (UTC), or of the day where more than a week is asked for.',
      resolve: ({ at }) => new Date(at),
    }),
    signalType: t.expose('signalType', { type: SignalTypeEnum, description: 'What it is.' }),
    contextLevel: t.expose('contextLevel', {
      type: ContextLevelEnum,
      nullable: true,
      description: 'Whose behaviour decided, of learned weights; else null.',
    }),
    data: t.field({ type: 'JSON', description: 'The figures: see SignalType.', resolve: ({ data }) => data }),
  }),
});

const WeightStateEnum = builder.enumType('WeightState', {
  description: 'How far learned weights have come.',
  values: {
    NOTHING_LEARNED: { description: 'No search was learned.' },
    STILL_EXPLORING: { description: 'Draws stray far from their mean, or there are fewer than 30 searches.' },
    CONVERGING: { description: 'Draws stray little, but the weights still move.' },
    CONVERGED: { description: 'Draws stray little, and the weights stand.' },
  } as const satisfies Record<WeightState, object>,
});

const ConvergenceType = builder
  .objectRef<WeightVerdict & { contextLevel: ContextLevel }>('WeightConvergence')
  .implement({
    description: 'A plain verdict on the weights of a context level.',
    fields: (t) => ({
      contextLevel: t.expose('contextLevel', { type: ContextLevelEnum, description: 'Whose behaviour decided.' }),
      state: t.expose('state', { type: WeightStateEnum, description: 'How far they have come.' }),
      dominatedBy: t.exposeString('dominatedBy', {
        nullable: true,
        description: 'The feature with 80 % of the weight or more; null where none has, or it is too early to tell.',
      }),
      segmentsDiffer: t.exposeBoolean('segmentsDiffer', {
        description: 'Segments have come to weights 0.15 apart or more; judged at DEMOGRAPHIC only.',
      }),
      text: t.exposeString('text', { description: 'The same in words.' }),
    }),
  });

const PositionType = builder.objectRef<PositionCtr>('PositionCtr').implement({
  description: 'How often the hit at a position was clicked.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'From 0.' }),
    shown: t.exposeInt('shown', { description: 'Searches that showed a hit there.' }),
    clicks: t.exposeInt('clicks', { description: 'Of them, those in which it was clicked.' }),
    ctr: t.exposeFloat('ctr', { description: 'The share, 0 to 1.' }),
  }),
});

const UpliftType = builder.objectRef<Uplift>('Uplift').implement({
  description: 'What the learned fusion brought over the static one, among searches that chance assigned.',
  fields: (t) => ({
    learned: t.exposeFloat('learned', { description: 'The rate of learned searches.' }),
    baseline: t.exposeFloat('baseline', { description: 'That of the control group and of those not rolled out to.' }),
    relative: t.exposeFloat('relative', {
      nullable: true,
      description: 'learned / baseline − 1; null where there is nothing to divide by.',
    }),
    low: t.exposeFloat('low', {
      nullable: true,
      description:
        'The lower end of its 95 % interval. Searches count as independent: where few people search much, the true one is wider.',
    }),
    high: t.exposeFloat('high', { nullable: true, description: 'The upper end.' }),
    verdict: t.exposeString('verdict', {
      description: '`BETTER`, `WORSE`, `NO_DIFFERENCE_SHOWN`, or `NOTHING_TO_COMPARE` where no search was static.',
    }),
  }),
});

const LatencyType = builder.objectRef<Omit<LatencyRow, 'at'>>('StageLatency').implement({
  description: 'How long a stage of searches took.',
  fields: (t) => ({
    stage: t.exposeString('stage', {
      description: '`total`, `embedding`, `fusion`, `sampling`, or the feature URI of a search.',
    }),
    searches: t.exposeInt('searches', { description: 'How many there were.' }),
    p50Ms: t.exposeFloat('p50Ms', { description: 'Milliseconds that half of them took at most.' }),
    p95Ms: t.exposeFloat('p95Ms', { description: 'Milliseconds that 95 % of them took at most.' }),
    p99Ms: t.exposeFloat('p99Ms', { description: 'Milliseconds that 99 % of them took at most.' }),
  }),
});

const SlowSearchType = builder.objectRef<SlowSearch>('SlowSearch').implement({
  description: 'A search that took long, and where the time went.',
  fields: (t) => ({
    executionId: t.exposeID('executionId', { description: 'The search.' }),
    query: t.exposeString('query', { description: 'Its input named query, else all its inputs as JSON.' }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ at }) => new Date(at) }),
    totalMs: t.exposeFloat('totalMs', { description: 'How long it took, in milliseconds.' }),
    parts: t.field({
      type: 'JSON',
      description: 'Milliseconds by stage; searches of features ran at the same time.',
      resolve: ({ parts }) => Object.fromEntries(parts.map(({ stage, ms }) => [stage, ms])),
    }),
  }),
});

const EmptyQueryType = builder.objectRef<EmptyQuery>('ZeroResultQuery').implement({
  description: 'A query that found nothing.',
  fields: (t) => ({
    query: t.exposeString('query', { description: 'The input named query, else all inputs as JSON.' }),
    searches: t.exposeInt('searches', { description: 'How often.' }),
    lastAt: t.field({ type: 'DateTime', description: 'When last.', resolve: ({ lastAt }) => new Date(lastAt) }),
  }),
});

const DeadFeatureType = builder.objectRef<DeadFeature>('DeadFeature').implement({
  description: 'A feature that costs a search and brings nothing.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    searches: t.exposeInt('searches', { description: 'Searches that asked it.' }),
    reason: t.exposeString('reason', { description: 'What is wrong, and what to do.' }),
  }),
});

interface Summarised {
  summary: Summary | (() => Promise<Summary>);
}

const RatesInterface = builder.interfaceRef<Summarised>('SearchRates').implement({
  description: 'What searches came to: shares of them, 0 to 1.',
  fields: (t) => {
    const rate = (name: keyof Summary, description: string) =>
      t.float({ description, resolve: async (one) => (await summaryOf(one))[name] });
    return {
      searches: t.int({
        description: 'How many there were.',
        resolve: async (one) => (await summaryOf(one)).searches,
      }),
      ctr: rate('ctr', 'With a click.'),
      mrr: rate('mrr', 'Mean of 1 / rank of the best click, 0 for a search without one.'),
      mrrOfClicked: rate('mrrOfClicked', 'The same over searches with a click.'),
      interactionRate: rate('interactionRate', 'With something that the retriever rewards.'),
      penaltyRate: rate('penaltyRate', 'With something that it penalises.'),
      zeroResultRate: rate('zeroResultRate', 'With nothing found.'),
    };
  },
});

function summaryOf({ summary }: Summarised): Summary | Promise<Summary> {
  return typeof summary === 'function' ? summary() : summary;
}

const SegmentType = builder.objectRef<{ segment: string; summary: Summary }>('SegmentPerformance').implement({
  description: 'What the searches of a segment came to.',
  interfaces: [RatesInterface],
  fields: (t) => ({ segment: t.exposeString('segment', { description: 'Empty: searches without one.' }) }),
});

const TimeType = builder.objectRef<{ at: number; summary: Summary }>('PerformanceAt').implement({
  description: 'What the searches of a time came to.',
  interfaces: [RatesInterface],
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'The begin of the hour (UTC), or of the day where more than a week is asked for.',
      resolve: ({ at }) => new Date(at),
    }),
  }),
});

const several = (multiplier: number) => ({ field: 1, multiplier });

const PerformanceType = builder.objectRef<RetrieverPerformance>('RetrieverPerformance').implement({
  description: 'What the searches of a retriever came to.',
  interfaces: [RatesInterface],
  fields: (t) => ({
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    hours: t.exposeInt('hours', { description: 'How far back was looked.' }),
    byPosition: t.field({
      type: [PositionType],
      complexity: several(4),
      description: 'The curve over the first 20 positions.',
      resolve: async ({ byPosition }) => [...(await byPosition())],
    }),
    weightVariance: t.float({
      nullable: true,
      description:
        'Mean squared distance of a learned weight from what it was drawn about; null where none was learned.',
      resolve: ({ weightVariance }) => weightVariance(),
    }),
    convergence: t.field({
      type: [ConvergenceType],
      complexity: several(3),
      description: 'A verdict on each context level that decided searches.',
      resolve: async ({ convergence }) => [...(await convergence())],
    }),
    ctrUplift: t.field({
      type: UpliftType,
      description: 'Of the share of searches with a click.',
      resolve: async ({ uplift }) => (await uplift()).ctr,
    }),
    interactionUplift: t.field({
      type: UpliftType,
      description: 'Of the share of searches with a rewarded interaction.',
      resolve: async ({ uplift }) => (await uplift()).interactionRate,
    }),
    latency: t.field({
      type: [LatencyType],
      complexity: several(4),
      description: 'By stage.',
      resolve: async ({ latency }) => [...(await latency())],
    }),
    slowQueries: t.field({
      type: [SlowSearchType],
      complexity: several(4),
      description: 'The slowest searches, at most 20, the slowest first.',
      resolve: async ({ slowSearches }) => [...(await slowSearches())],
    }),
    zeroResultQueries: t.field({
      type: [EmptyQueryType],
      complexity: several(4),
      description: 'Queries that found nothing, at most 20, the most frequent first.',
      resolve: async ({ emptyQueries }) => [...(await emptyQueries())],
    }),
    deadFeatures: t.field({
      type: [DeadFeatureType],
      complexity: several(2),
      description: 'Features that cost a search and bring nothing.',
      resolve: async (performance) => [...(await performance.deadFeatures())],
    }),
    bySegment: t.field({
      type: [SegmentType],
      complexity: several(10),
      description: 'By segment.',
      resolve: async ({ bySegment }) => [...(await bySegment())],
    }),
    byTime: t.field({
      type: [TimeType],
      complexity: several(24),
      description: 'By time, oldest first.',
      resolve: async ({ byTime }) => [...(await byTime())],
    }),
  }),
});

builder.objectFields(PerformanceType, (t) => {
  const at = (position: number, word: string) =>
    t.float({ description: `Click-through at the ${word} position.`, resolve: (one) => ctrAt(one, position) });
  return { ctrAt1: at(0, 'first'), ctrAt2: at(1, 'second'), ctrAt3: at(2, 'third') };
});

async function ctrAt({ byPosition }: RetrieverPerformance, position: number): Promise<number> {
  return (await byPosition())[position]?.ctr ?? 0;
}

const hoursBack = 'How far back, 1 to 9600, by the hour.';

builder.queryFields((t) => ({
  retrieverSignals: t.field({
    type: [SignalTypeObject],
    authScopes: { scope: 'admin' },
    complexity: { field: 20, multiplier: 20 },
    description: 'How a retriever has done and learned over time, oldest first. Scope: ADMIN.',
    args: {
      retrieverId: t.arg.id({ required: true, description: 'The retriever.' }),
      signalType: t.arg({ type: SignalTypeEnum, required: true, description: 'What to look at.' }),
      hours: t.arg.int({ defaultValue: 168, description: hoursBack }),
      segment: t.arg.string({ description: 'Of this segment alone.' }),
      userId: t.arg.string({ description: 'Of this user alone, of the last 90 days.' }),
    },
    resolve: (_root, { retrieverId, signalType, hours, segment, userId }, context) =>
      context.app.analytics.signals(namespaceOf(context), {
        ...{ retrieverId, signalType, hours: hours ?? 168 },
        ...{ segment: segment ?? null, userId: userId ?? null },
      }),
  }),
  retrieverPerformance: t.field({
    type: PerformanceType,
    authScopes: { scope: 'admin' },
    complexity: 30,
    description: 'What the searches of a retriever came to; those of the last seconds may be missing. Scope: ADMIN.',
    args: {
      retrieverId: t.arg.id({ required: true, description: 'The retriever.' }),
      hours: t.arg.int({ defaultValue: 24, description: hoursBack }),
      segment: t.arg.string({ description: 'Of this segment alone.' }),
    },
    resolve: (_root, { retrieverId, hours, segment }, context) =>
      context.app.analytics.performance(namespaceOf(context), {
        ...{ retrieverId, hours: hours ?? 24, segment: segment ?? null },
      }),
  }),
}));
