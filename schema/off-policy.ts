import type { Estimate } from '../src/evaluations/off-policy-estimators.ts';
import type { OffPolicyReport } from '../src/evaluations/off-policy.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';

const EstimateType = builder.objectRef<Estimate>('OffPolicyValue').implement({
  description: 'An estimated reward a search.',
  fields: (t) => ({
    value: t.exposeFloat('value', { description: 'The estimate.' }),
    low: t.exposeFloat('low', { description: 'The lower end of its 95 % interval (bootstrap over searches).' }),
    high: t.exposeFloat('high', { description: 'The upper end of its 95 % interval (bootstrap over searches).' }),
  }),
});

const OffPolicyEstimateType = builder.objectRef<OffPolicyReport>('OffPolicyEstimate').implement({
  description:
    'What a candidate would have earned on searches that another retriever ranked with drawn weights, by the chance that either puts a document where it stood. Rewards are scaled to −1 to 1 a document.',
  fields: (t) => ({
    searches: t.exposeInt('searches', { description: 'Logged searches with learned weights.' }),
    usedSearches: t.exposeInt('usedSearches', {
      description: 'Those that can be replayed: they showed at least 2k documents, in the order of their weights.',
    }),
    effectiveSampleSize: t.exposeFloat('effectiveSampleSize', {
      description: 'How many searches of the candidate’s own they are worth; below 50 there is no estimate.',
    }),
    loggedValue: t.exposeFloat('loggedValue', { description: 'The reward a search that they earned.' }),
    ips: t.field({
      type: EstimateType,
      nullable: true,
      description: 'Inverse propensity scores: unbiased, and varied. Null where it was refused.',
      resolve: ({ estimates }) => estimates?.ips ?? null,
    }),
    snips: t.field({
      type: EstimateType,
      nullable: true,
      description: 'Self-normalised: steadier, and a little biased. Null where it was refused.',
      resolve: ({ estimates }) => estimates?.snips ?? null,
    }),
    dr: t.field({
      type: EstimateType,
      nullable: true,
      description: 'Doubly robust, with a model of rewards: the one to go by. Null where it was refused.',
      resolve: ({ estimates }) => estimates?.dr ?? null,
    }),
    summary: t.exposeString('summary', { description: 'The same in words; why, where it was refused.' }),
  }),
});

builder.queryField('offPolicyEstimate', (t) =>
  t.field({
    type: OffPolicyEstimateType,
    authScopes: { scope: 'admin' },
    complexity: 100,
    description: 'What a candidate would have earned, from the log of a learned retriever. Scope: ADMIN.',
    args: {
      retrieverId: t.arg.id({ required: true, description: 'The retriever whose log is read.' }),
      candidateId: t.arg.id({ required: true, description: 'Another with the same features, or the same one.' }),
      k: t.arg.int({ required: true, defaultValue: 5, description: 'How many positions count, 1 to 20.' }),
      days: t.arg.int({ required: true, defaultValue: 30, description: 'How many days back, up to 365.' }),
      searches: t.arg.int({ required: true, defaultValue: 500, description: 'The newest so many, 50 to 1000.' }),
    },
    resolve: (_root, args, context) => context.app.evaluations.estimateFromLog(namespaceOf(context), args),
  }),
);
