import type { CreditRule } from '../src/learning/credit.ts';
import type * as domain from '../src/learning/learning-config.ts';
import type { PositionBias } from '../src/learning/position-bias.ts';
import { builder } from './builder.ts';

const LearningAlgorithmEnum = builder.enumType('LearningAlgorithm', {
  description: 'How weights are chosen from what has been learned.',
  values: {
    RANKING_THOMPSON: {
      description:
        'A posterior over weight vectors, each judged by where it would have ranked what was rewarded; a search strays from its mean towards one of them.',
    },
    THOMPSON_SAMPLING: {
      description: 'A Beta posterior a feature, credited by the credit rule; one draw from each a search.',
    },
    EPSILON_GREEDY: {
      description: 'The means of those posteriors, but any weights at all in a share of the searches.',
    },
    UCB: { description: 'The means of those posteriors plus so many standard deviations: what is unsure gets tried.' },
    LINEAR_THOMPSON: {
      description: 'Bayesian linear regression of the reward on all scores together; one draw a search.',
    },
  } as const satisfies Record<domain.LearningAlgorithm, object>,
});

const FallbackStrategyEnum = builder.enumType('FallbackStrategy', {
  description: 'Whose behaviour decides where a user has too little of their own.',
  values: {
    HIERARCHICAL: { description: 'Personal, else demographic, else global, else the prior.' },
    GLOBAL: { description: 'Global, else the prior.' },
  } as const satisfies Record<domain.FallbackStrategy, object>,
});

const CreditRuleEnum = builder.enumType('CreditRule', {
  description: 'Which of the features that found a hit are credited with an interaction.',
  values: {
    STRONGEST_FEATURE: { description: 'The one with the highest normalised score; ties share.' },
    SCORE_SHARE: { description: 'Each by its share of the normalised scores.' },
    RANK_SHARE: { description: 'Each by its share of 1 / rank.' },
    MEMBERSHIP: { description: 'All of them equally.' },
  } as const satisfies Record<CreditRule, object>,
});

const PositionBiasEnum = builder.enumType('PositionBias', {
  description:
    'Which shown documents count as looked at. What the client reports, views and scroll depth, goes before.',
  values: {
    SCAN_DEPTH: { description: 'Everything down to one below the last interaction.' },
    EXAMINATION_CURVE: {
      description:
        'Everything down to the last interaction, and what is below it as likely as `Retriever.examinationCurve` says.',
    },
    NONE: { description: 'Everything that was shown.' },
  } as const satisfies Record<PositionBias, object>,
});

export const LearningConfigType = builder.objectRef<domain.LearningConfig>('LearningConfig').implement({
  description: 'How a retriever learns.',
  fields: (t) => ({
    algorithm: t.expose('algorithm', { type: LearningAlgorithmEnum, description: 'How weights are chosen.' }),
    contextFeatures: t.stringList({
      description: 'The search inputs that name the personal context.',
      resolve: (config) => [...config.contextFeatures],
    }),
    demographicFeatures: t.stringList({
      description: 'The search inputs that name the demographic context.',
      resolve: (config) => [...config.demographicFeatures],
    }),
    fallbackStrategy: t.expose('fallbackStrategy', {
      type: FallbackStrategyEnum,
      description: 'Whose behaviour decides.',
    }),
    minInteractions: t.exposeInt('minInteractions', {
      description: 'How many interactions a personal context needs before it decides.',
    }),
    rewardMap: t.field({
      type: 'JSON',
      description: 'Reward by interaction type.',
      resolve: (config) => config.rewardMap,
    }),
    priorAlpha: t.exposeFloat('priorAlpha', { description: 'Alpha of every feature before anything is learned.' }),
    priorBeta: t.exposeFloat('priorBeta', { description: 'Beta of every feature before anything is learned.' }),
    credit: t.expose('credit', { type: CreditRuleEnum, description: 'Which features an interaction is credited to.' }),
    positionBias: t.expose('positionBias', {
      type: PositionBiasEnum,
      description: 'Which shown documents count as looked at.',
    }),
    rewardWindowHours: t.exposeFloat('rewardWindowHours', {
      description: 'Hours after the search in which an interaction counts.',
    }),
    pooling: t.exposeFloat('pooling', {
      description: 'How many interactions of their segment count beside a user’s own; of everyone’s, a tenth as many.',
    }),
    explorationBonus: t.exposeFloat('explorationBonus', {
      nullable: true,
      description: 'How far searches stray from the mean weights; null: as suits the algorithm.',
    }),
    explorationDecay: t.field({
      type: 'JSON',
      nullable: true,
      description: 'How exploration lessens: `{ halfLifeInteractions, floor }`; null: it does not.',
      resolve: (config) => config.explorationDecay,
    }),
    decayHalfLifeHours: t.exposeFloat('decayHalfLifeHours', {
      nullable: true,
      description: 'Hours after which an interaction counts half; null: it counts for good.',
    }),
    sessionAdaptation: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'How a session’s own interactions count again in it: `{ strength, halfLifeMinutes }`; null: they do not.',
      resolve: (config) => config.sessionAdaptation,
    }),
    warmStart: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What judged queries have taught beforehand: `{ evaluationId, strength, queries }`; null: nothing.',
      resolve: ({ warmStart }) =>
        warmStart && {
          evaluationId: warmStart.evaluationId,
          strength: warmStart.strength,
          queries: warmStart.lesson?.queries ?? 0,
        },
    }),
    minWeight: t.exposeFloat('minWeight', { description: 'No feature counts less, 0 to 1.' }),
    maxWeight: t.exposeFloat('maxWeight', { description: 'No feature counts more, 0 to 1.' }),
  }),
});

const keptByRollout = 'Left out: it stays as it is. `Retriever.rollout` tells what holds.';

export const LearningConfigInput = builder.inputType('LearningConfigInput', {
  description: 'How to learn. Every field has a default.',
  fields: (t) => ({
    algorithm: t.field({ type: LearningAlgorithmEnum, description: 'Default RANKING_THOMPSON.' }),
    contextFeatures: t.stringList({
      description: 'The search inputs that name the personal context. Default `["user_id"]`.',
    }),
    demographicFeatures: t.stringList({
      description:
        'The search inputs that name the demographic context. Default `["segment"]`. `query_words`, `query_digits` and `query_quoted` stand for the kind of the input `query`.',
    }),
    fallbackStrategy: t.field({ type: FallbackStrategyEnum, description: 'Default HIERARCHICAL.' }),
    minInteractions: t.int({
      description: 'How many interactions a personal context needs before it decides, 1 to 10000. Default 5.',
    }),
    rewardMap: t.field({
      type: 'JSON',
      description:
        'Rewards by interaction type, merged over the defaults: `{ "click": 1, "purchase": 3, "skip": -1 }`. Negative ones penalise.',
    }),
    priorAlpha: t.float({ description: 'Alpha before anything is learned, 0.01 to 1000. Default 1.' }),
    priorBeta: t.float({ description: 'Beta before anything is learned, 0.01 to 1000. Default 1.' }),
    credit: t.field({
      type: CreditRuleEnum,
      description: 'Who earns what in the features’ own posteriors. Default STRONGEST_FEATURE.',
    }),
    positionBias: t.field({
      type: PositionBiasEnum,
      description: 'Which shown documents count as looked at. Default SCAN_DEPTH.',
    }),
    rewardWindowHours: t.float({
      description: 'Hours after the search in which an interaction counts, 0.1 to 168. Default 168.',
    }),
    pooling: t.float({
      description:
        'How many interactions of their segment count beside a user’s own, 0 (a hard switch) to 10000; of everyone’s, a tenth as many. Default 100.',
    }),
    explorationBonus: t.float({
      description:
        'How far searches stray from the mean weights, 0 to 10. Thompson samplers: the share of a whole draw, default 0.3 (THOMPSON_SAMPLING: 1). UCB: standard deviations, default 1. EPSILON_GREEDY: the share of random searches, up to 1, default 0.1.',
    }),
    explorationDecay: t.field({
      type: 'JSON',
      description:
        '`{ halfLifeInteractions: 500, floor: 0.1 }`: exploration halves every so many interactions of the context, down to that share. Default: it stays.',
    }),
    decayHalfLifeHours: t.float({
      description: 'Hours after which an interaction counts half, 0.1 to 87600. Default: it counts for good.',
    }),
    sessionAdaptation: t.field({
      type: 'JSON',
      description:
        '`{ strength: 3, halfLifeMinutes: 30 }`: what happened in this session counts so many times again in it, and fades. Default: it does not.',
    }),
    warmStart: t.field({
      type: 'JSON',
      description:
        '`{ evaluationId: "…", strength: 500 }`: begin with what a completed evaluation of the same features has seen of judged queries, worth so many interactions, 1 to 100000. It is copied into this version. Default: begin with nothing.',
    }),
    minWeight: t.float({ description: 'No feature counts less, 0 to 1. Default 0.' }),
    maxWeight: t.float({ description: 'No feature counts more, 0 to 1. Default 1.' }),
    shadowMode: t.boolean({ description: `Sets the rollout’s: see updateRollout. ${keptByRollout}` }),
    rolloutPct: t.float({ description: `Sets the rollout’s: 0 to 100. ${keptByRollout}` }),
    excludedUsers: t.stringList({ description: `Sets the rollout’s: see updateRollout. ${keptByRollout}` }),
  }),
});

export type LearningConfigShape = typeof LearningConfigInput.$inferInput;

export function toLearningConfig(config: LearningConfigShape): domain.LearningConfigInput {
  return {
    algorithm: config.algorithm ?? null,
    contextFeatures: config.contextFeatures ?? null,
    demographicFeatures: config.demographicFeatures ?? null,
    fallbackStrategy: config.fallbackStrategy ?? null,
    minInteractions: config.minInteractions ?? null,
    rewardMap: config.rewardMap ?? null,
    priorAlpha: config.priorAlpha ?? null,
    priorBeta: config.priorBeta ?? null,
    credit: config.credit ?? null,
    positionBias: config.positionBias ?? null,
    rewardWindowHours: config.rewardWindowHours ?? null,
    pooling: config.pooling ?? null,
    explorationBonus: config.explorationBonus ?? null,
    explorationDecay: config.explorationDecay ?? null,
    decayHalfLifeHours: config.decayHalfLifeHours ?? null,
    sessionAdaptation: config.sessionAdaptation ?? null,
    warmStart: config.warmStart ?? null,
    minWeight: config.minWeight ?? null,
    maxWeight: config.maxWeight ?? null,
  };
}
