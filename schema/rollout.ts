import { guardrailMetrics, type Guardrail, type GuardrailAction } from '../src/rollouts/guardrail.ts';
import type { ShadowClicks, ShadowReport } from '../src/rollouts/rollout-figures.ts';
import {
  untouchedRollout,
  type Kill,
  type Rollout,
  type RolloutArm,
  type RolloutDecision,
  type RolloutReason,
  type StaticFusion,
} from '../src/rollouts/rollout.ts';
import type { ArmShare, SampleRatio } from '../src/rollouts/sample-ratio.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';
import { RetrieverType } from './retriever.ts';

const RolloutArmEnum = builder.enumType('RolloutArm', {
  description: 'What served a search.',
  values: {
    LEARNED: { description: 'Weights drawn from what was learned.' },
    STATIC: { description: 'The static fusion.' },
    CONTROL: { description: 'The static fusion, for good: the control group.' },
    SHADOW: { description: 'The static fusion, with the learned ranking worked out and recorded beside it.' },
  } as const satisfies Record<RolloutArm, object>,
});

const RolloutReasonEnum = builder.enumType('RolloutReason', {
  description: 'Why that arm served.',
  values: {
    ROLLED_OUT: { description: 'The bucket is below `rolloutPct`.' },
    NOT_ROLLED_OUT: { description: 'The bucket is not below `rolloutPct`.' },
    CONTROL_GROUP: { description: 'Another bucket, drawn for this alone, is below `controlPct`.' },
    SHADOW_MODE: { description: 'The learned fusion only runs along.' },
    KILLED: { description: 'The kill switch was thrown.' },
    OPTED_OUT: { description: 'The user does not want it; the search trains nothing.' },
    EXCLUDED_USER: { description: 'The user is one of `excludedUsers`; the search trains nothing.' },
    STATIC_RETRIEVER: { description: 'The retriever’s fusion is static.' },
    INTERLEAVED: { description: 'The hits are a mix with those of another retriever: no arm is measured by it.' },
  } as const satisfies Record<RolloutReason, object>,
});

export const RolloutDecisionType = builder.objectRef<RolloutDecision>('RolloutDecision').implement({
  description: 'What served a search, and why.',
  fields: (t) => ({
    arm: t.expose('arm', { type: RolloutArmEnum, description: 'What served it.' }),
    bucket: t.exposeFloat('bucket', {
      description:
        'Where the user (else the session, else this search) stands, 0 to 99.99; always the same for the same one. Below `rolloutPct` is in.',
    }),
    reason: t.expose('reason', { type: RolloutReasonEnum, description: 'Why.' }),
  }),
});

export const StaticFusionEnum = builder.enumType('StaticFusion', {
  description: 'A fusion that needs nothing learned: see Fusion.',
  values: {
    RRF: { description: 'Reciprocal rank fusion.' },
    DBSF: { description: 'Distribution-based score fusion.' },
    WEIGHTED: { description: 'The weighted sum of scores.' },
    MAX: { description: 'The highest weighted score.' },
  } as const satisfies Record<StaticFusion, object>,
});

const KillType = builder.objectRef<Kill>('RolloutKill').implement({
  description: 'The learned fusion was switched off.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ at }) => new Date(at) }),
    actor: t.exposeString('actor', { description: 'By whom: the id of an API key, or `guardrail`.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why; null where nobody said.' }),
  }),
});

export const GuardrailActionEnum = builder.enumType('GuardrailAction', {
  description: 'What a guardrail does when it is breached. Each is an event as well.',
  values: {
    WARN: { description: 'Says so.' },
    HOLD: { description: 'Refuses to raise `rolloutPct` until `updateRollout` is called with `releaseHold`.' },
    ROLL_BACK: { description: 'Throws the kill switch.' },
  } as const satisfies Record<GuardrailAction, object>,
});

const GuardrailType = builder.objectRef<Guardrail & { breached: boolean }>('Guardrail').implement({
  description: 'A bound on what the learned fusion may do to searches.',
  fields: (t) => ({
    metric: t.exposeString('metric', { description: guardrailMetricsInWords() }),
    threshold: t.exposeFloat('threshold', { description: 'The worst value that is still fine.' }),
    windowMinutes: t.exposeInt('windowMinutes', { description: 'How far back it looks.' }),
    minimumSample: t.exposeInt('minimumSample', { description: 'Searches it needs before it judges.' }),
    action: t.expose('action', { type: GuardrailActionEnum, description: 'What it does.' }),
    breached: t.exposeBoolean('breached', { description: 'Whether it is breached now.' }),
  }),
});

/** For descriptions: the metrics and what each is. */
export function guardrailMetricsInWords(): string {
  const known = Object.entries(guardrailMetrics).map(([name, { bad, about }]) => {
    return `${name} (${about}; bad when ${bad.toLowerCase()} the threshold)`;
  });
  return `One of ${known.join(', ')}.`;
}

const ArmShareType = builder.objectRef<ArmShare>('ArmShare').implement({
  description: 'How big an arm should be, and is.',
  fields: (t) => ({
    arm: t.expose('arm', { type: RolloutArmEnum, description: 'The arm.' }),
    expected: t.exposeFloat('expected', { description: 'Its share by the settings, 0 to 1.' }),
    observed: t.exposeInt('observed', { description: 'Users, sessions and lone searches that were in it.' }),
  }),
});

const SampleRatioType = builder.objectRef<SampleRatio>('SampleRatio').implement({
  description: 'Whether the arms have the sizes that were set: where not, their figures cannot be compared.',
  fields: (t) => ({
    units: t.exposeInt('units', { description: 'Users, sessions and lone searches since people last changed it.' }),
    arms: t.field({
      type: [ArmShareType],
      complexity: { field: 1, multiplier: 3 },
      description: 'Those that chance assigns.',
      resolve: ({ arms }) => [...arms],
    }),
    pValue: t.exposeFloat('pValue', {
      nullable: true,
      description: 'How probable a deviation like this is by chance; null where there are too few to tell.',
    }),
    warning: t.exposeString('warning', {
      nullable: true,
      description: 'What to make of a mismatch (p below 0.001); null where there is none.',
    }),
  }),
});

const ShadowClicksType = builder.objectRef<ShadowClicks>('ShadowClicks').implement({
  description: 'Where clicked documents stood, and would have stood. The clicks were made on the served ranking.',
  fields: (t) => ({
    clicks: t.exposeInt('clicks', { description: 'Clicked documents.' }),
    alsoInShadow: t.exposeInt('alsoInShadow', { description: 'Of them, those the learned ranking would show too.' }),
    servedPosition: t.exposeFloat('servedPosition', {
      nullable: true,
      description: 'Their mean position as served, from 0; null where there is none.',
    }),
    shadowPosition: t.exposeFloat('shadowPosition', {
      nullable: true,
      description: 'Their mean position in the learned ranking, from 0; null where there is none.',
    }),
    higher: t.exposeInt('higher', { description: 'Those that the learned ranking puts higher.' }),
    lower: t.exposeInt('lower', { description: 'Those that it puts lower.' }),
    same: t.exposeInt('same', { description: 'Those that it leaves in place.' }),
  }),
});

const ShadowReportType = builder.objectRef<ShadowReport>('ShadowReport').implement({
  description: 'How the learned rankings of shadow mode agree with what was served.',
  fields: (t) => ({
    searches: t.exposeInt('searches', { description: 'Searches that had a shadow.' }),
    overlapAt1: t.exposeFloat('overlapAt1', { nullable: true, description: 'Mean share of the first hit in common.' }),
    overlapAt3: t.exposeFloat('overlapAt3', { nullable: true, description: 'Mean share of the first 3 in common.' }),
    overlapAt5: t.exposeFloat('overlapAt5', { nullable: true, description: 'Mean share of the first 5 in common.' }),
    overlapAt10: t.exposeFloat('overlapAt10', { nullable: true, description: 'Mean share of the first 10 in common.' }),
    rankCorrelation: t.exposeFloat('rankCorrelation', {
      nullable: true,
      description: 'Mean Kendall τ of the documents in both, -1 to 1; null where no search had two of them.',
    }),
    clicks: t.expose('clicks', { type: ShadowClicksType, description: 'Would-have-been positions of clicks.' }),
  }),
});

export const RolloutType = builder.objectRef<Rollout>('Rollout').implement({
  description: 'How far the learned fusion of a retriever is let loose.',
  fields: (t) => ({
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    shadowMode: t.exposeBoolean('shadowMode', { description: 'The learned fusion only runs along.' }),
    rolloutPct: t.exposeFloat('rolloutPct', {
      description: 'Of those outside the control group, how many percent are served the learned fusion.',
    }),
    controlPct: t.exposeFloat('controlPct', { description: 'Of everyone, how many percent never are.' }),
    staticFusion: t.expose('staticFusion', {
      type: StaticFusionEnum,
      description: 'Serves everybody else, with the static weights of the searches.',
    }),
    excludedUsers: t.stringList({
      description: 'Served the static fusion, and never learned from.',
      resolve: ({ excludedUsers }) => [...excludedUsers],
    }),
    guardrails: t.field({
      type: [GuardrailType],
      complexity: { field: 1, multiplier: 3 },
      description: 'What is watched over.',
      resolve: ({ guardrails, breached }) =>
        guardrails.map((guardrail) => ({ ...guardrail, breached: breached.includes(guardrail.id) })),
    }),
    killed: t.expose('killed', { type: KillType, nullable: true, description: 'Null while it is not switched off.' }),
    held: t.exposeBoolean('held', { description: 'A guardrail forbids raising `rolloutPct`.' }),
    sampleRatio: t.field({
      type: SampleRatioType,
      complexity: 10,
      description: 'Whether the arms have the sizes that were set.',
      resolve: (rollout, _args, context) => context.app.rollouts.sampleRatio(rollout),
    }),
    shadowReport: t.field({
      type: ShadowReportType,
      complexity: 10,
      description: 'How the learned rankings of shadow mode agree with what was served.',
      args: {
        hours: t.arg.int({ required: true, defaultValue: 168, description: 'How far back, 1 to 9600, by the hour.' }),
      },
      resolve: ({ retrieverId }, { hours }, context) => context.app.rollouts.shadowReport(retrieverId, hours),
    }),
  }),
});

builder.objectField(RetrieverType, 'rollout', (t) =>
  t.field({
    type: RolloutType,
    complexity: 2,
    description: 'How far its learned fusion is let loose. `learningConfig` sets the same.',
    resolve: async ({ id }, _args, context) => {
      const [rollout] = await context.app.rollouts.get(namespaceOf(context), [id]);
      return rollout ?? untouchedRollout(id);
    },
  }),
);
