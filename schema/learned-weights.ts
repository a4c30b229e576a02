import { betaMean, credibleInterval } from '../src/learning/beta-posterior.ts';
import type { ArmPosterior, LearnedWeights } from '../src/learning/learned-weights.ts';
import { probabilityBest } from '../src/learning/probability-best.ts';
import { probabilityOfLargest } from '../src/learning/weight-posterior.ts';
import type { Execution } from '../src/search/execution.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';
import { whileAllowed } from './while-allowed.ts';

export const ContextLevelEnum = builder.enumType('ContextLevel', {
  description: 'Whose behaviour decided the weights.',
  values: {
    PERSONAL: { description: 'The user’s own: at least `minInteractions` of theirs.' },
    DEMOGRAPHIC: { description: 'The segment’s.' },
    GLOBAL: { description: 'Everyone’s.' },
    PRIOR: { description: 'Nobody’s yet: the prior of the learning configuration.' },
  } as const,
});

/** One weight among others: the chance that it is the best depends on all of them. */
export interface WeightOfArm extends ArmPosterior {
  weight: number;
  probabilityBest: () => number;
}

/** The weights of a search. Their chances are worked out once for all, and only where they are asked for. */
export function weightsOfSearch({ weights, posterior }: Pick<Execution, 'weights' | 'posterior'>): WeightOfArm[] {
  let chances: ReadonlyMap<string, number> | null = null;
  const chanceOf = (featureUri: string) => {
    chances ??= new Map(
      posterior === null
        ? probabilityBest(weights).map((chance, index) => [weights[index]?.featureUri ?? '', chance])
        : probabilityOfLargest(posterior).map((chance, index) => [posterior.featureUris[index] ?? '', chance]),
    );
    return chances.get(featureUri) ?? 0;
  };
  return weights.map((arm) => ({ ...arm, probabilityBest: () => chanceOf(arm.featureUri) }));
}

export const FeatureWeightType = builder.objectRef<WeightOfArm>('FeatureWeight').implement({
  description:
    'How much a feature counts, and what it has earned by itself: the posterior of its hits’ worth is Beta(alpha, beta).',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    weight: t.exposeFloat('weight', {
      description:
        'In a search, what its scores were multiplied by; in learned weights, what that is on average. Learned weights sum to 1.',
    }),
    mean: t.float({ description: 'alpha / (alpha + beta), 0 to 1.', resolve: betaMean }),
    alpha: t.exposeFloat('alpha', { description: 'The prior’s alpha plus the rewards earned.' }),
    beta: t.exposeFloat('beta', {
      description: 'The prior’s beta plus the penalties, and what was seen without being rewarded.',
    }),
    low: t.float({
      description: 'With 95 % probability the true value lies between low and high: the lower end, 0 to 1.',
      resolve: (arm) => credibleInterval(arm).low,
    }),
    high: t.float({
      description: 'With 95 % probability the true value lies between low and high: the upper end, 0 to 1.',
      resolve: (arm) => credibleInterval(arm).high,
    }),
    probabilityBest: t.float({
      description: 'The probability that this feature deserves the largest weight, 0 to 1; they sum to 1.',
      resolve: (arm) => arm.probabilityBest(),
    }),
  }),
});

const LearnedWeightsType = builder.objectRef<LearnedWeights>('LearnedWeights').implement({
  description: 'What a retriever has learned, as one user or segment gets it.',
  fields: (t) => ({
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    version: t.exposeString('version', {
      description: 'Grows with every change, also as a string; the same on every server. Pass it as `after` to resume.',
    }),
    contextLevel: t.expose('contextLevel', { type: ContextLevelEnum, description: 'Whose behaviour decides.' }),
    interactions: t.exposeInt('interactions', {
      description: 'How many interactions with a reward or penalty that context has.',
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the weights last changed.',
      resolve: (weights) => new Date(weights.updatedAt),
    }),
    weights: t.field({
      type: [FeatureWeightType],
      complexity: { field: 1, multiplier: 5 },
      description: 'One a feature, ordered by its URI.',
      resolve: ({ arms }) => arms.map((arm) => ({ ...arm, probabilityBest: () => arm.probabilityBest })),
    }),
  }),
});

const retrieverId = 'The retriever.';
const userId = 'As this user gets them: their own, once they have enough interactions. Left out: nobody in particular.';
const segment = 'As this segment gets them, where the user has too few interactions of their own.';

builder.queryField('learnedWeights', (t) =>
  t.field({
    type: LearnedWeightsType,
    authScopes: { scope: 'search' },
    description: 'The weights that a learned search is drawn from now. Scope: SEARCH.',
    args: {
      retrieverId: t.arg.id({ required: true, description: retrieverId }),
      userId: t.arg.string({ description: userId }),
      segment: t.arg.string({ description: segment }),
    },
    resolve: (_root, args, context) =>
      context.app.learning.weights(namespaceOf(context), {
        retrieverId: args.retrieverId,
        userId: args.userId ?? null,
        segment: args.segment ?? null,
      }),
  }),
);

builder.subscriptionField('learnedWeights', (t) =>
  t.field({
    type: LearnedWeightsType,
    authScopes: { scope: 'search' },
    description:
      'The weights as they are now, then again whenever they change. Versions only grow; a slow reader gets the latest and misses what was between. Scope: SEARCH.',
    args: {
      retrieverId: t.arg.id({ required: true, description: retrieverId }),
      userId: t.arg.string({ description: userId }),
      segment: t.arg.string({ description: segment }),
      after: t.arg.string({
        description:
          'The last version that you saw: nothing is sent until there is a newer one. Use it after a dropped connection.',
      }),
    },
    subscribe: async (_root, args, context) => {
      const query = { retrieverId: args.retrieverId, userId: args.userId ?? null, segment: args.segment ?? null };
      const changes = await context.app.learning.watch(namespaceOf(context), query, args.after ?? null);
      return whileAllowed(changes, context, 'search');
    },
    resolve: (weights: LearnedWeights) => weights,
  }),
);
