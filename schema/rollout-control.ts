import type { RolloutSettingsInput } from '../src/rollouts/rollout-input.ts';
import type { Rollout, RolloutEvent, RolloutEventKind } from '../src/rollouts/rollout.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { callerOf, namespaceOf } from './context.ts';
import { GuardrailActionEnum, guardrailMetricsInWords, RolloutType, StaticFusionEnum } from './rollout.ts';
import { whileAllowed } from './while-allowed.ts';

const RolloutEventKindEnum = builder.enumType('RolloutEventKind', {
  description: 'What happened to a rollout.',
  values: {
    SETTINGS_CHANGED: { description: 'Somebody set something.' },
    KILLED: { description: 'Somebody threw the kill switch.' },
    RESUMED: { description: 'Somebody switched the learned fusion on again.' },
    HOLD_RELEASED: { description: 'Somebody allowed `rolloutPct` to be raised again.' },
    GUARDRAIL_WARNED: { description: 'A guardrail was breached, and says so.' },
    GUARDRAIL_HELD: { description: 'A guardrail was breached, and holds `rolloutPct`.' },
    GUARDRAIL_ROLLED_BACK: { description: 'A guardrail was breached, and threw the kill switch.' },
    GUARDRAIL_RECOVERED: { description: 'A guardrail is breached no more; what it did stays done.' },
  } as const satisfies Record<RolloutEventKind, object>,
});

const RolloutEventType = builder.objectRef<RolloutEvent>('RolloutEvent').implement({
  description: 'A line of the audit list: who did what to a rollout, when and why.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID. Pass it as `after` to go on behind this event.' }),
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    kind: t.expose('kind', { type: RolloutEventKindEnum, description: 'What happened.' }),
    actor: t.exposeString('actor', { description: 'By whom: the id of an API key, `guardrail`, or `server`.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why; null where nobody said.' }),
    details: t.field({
      type: 'JSON',
      description: 'The settings that changed with their new values, or what the guardrail measured.',
      resolve: ({ details }) => details,
    }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ at }) => new Date(at) }),
  }),
});

const RolloutEventConnection = connectionType('RolloutEvent', RolloutEventType);

const retrieverId = 'The retriever.';

builder.queryField('rolloutEvents', (t) =>
  t.field({
    type: RolloutEventConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The audit list of a rollout, newest first. Scope: ADMIN.',
    args: { retrieverId: t.arg.id({ required: true, description: retrieverId }), ...pageArguments(t.arg) },
    resolve: async (_root, args, context) =>
      toConnection(await context.app.rollouts.events(namespaceOf(context), args.retrieverId, pageRequest(args)), args),
  }),
);

builder.subscriptionField('rolloutEvents', (t) =>
  t.field({
    type: RolloutEventType,
    authScopes: { scope: 'admin' },
    description:
      'What happens to a rollout from now on, on whatever server: every event once, in order, however slow the reader. Scope: ADMIN.',
    args: {
      retrieverId: t.arg.id({ required: true, description: retrieverId }),
      after: t.arg.id({ description: 'The last event that you saw: those after it come first.' }),
    },
    subscribe: async (_root, args, context) =>
      whileAllowed(
        await context.app.rollouts.watchEvents(namespaceOf(context), args.retrieverId, args.after ?? null),
        context,
        'admin',
      ),
    resolve: (event: RolloutEvent) => event,
  }),
);

const GuardrailInput = builder.inputType('GuardrailInput', {
  description: 'A bound on what the learned fusion may do to searches, judged every few seconds.',
  fields: (t) => ({
    metric: t.string({ required: true, description: guardrailMetricsInWords() }),
    threshold: t.float({ required: true, description: 'The worst value that is still fine.' }),
    windowMinutes: t.int({ description: 'How far back it looks, 1 to 2880. Default 60.' }),
    minimumSample: t.int({
      description: 'Learned searches (for an uplift, static ones too) before it judges, 1 to 1000000. Default 100.',
    }),
    action: t.field({ type: GuardrailActionEnum, description: 'What it does. Default WARN.' }),
  }),
});

const UpdateRolloutInput = builder.inputType('UpdateRolloutInput', {
  description: 'What to change of a rollout. What is left out, or null, stays.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: retrieverId }),
    shadowMode: t.boolean({ description: 'Serve the static fusion, and work the learned one out beside it.' }),
    rolloutPct: t.float({
      description:
        'Of those outside the control group, how many percent are served the learned fusion: 0 to 100. Raising it takes nobody out.',
    }),
    controlPct: t.float({ description: 'Of everyone, how many percent never are: 0 to 100.' }),
    staticFusion: t.field({ type: StaticFusionEnum, description: 'Serves everybody else. At first RRF.' }),
    excludedUsers: t.stringList({
      description: 'Users who are served the static fusion, and never learned from: up to 1000, all of them each time.',
    }),
    guardrails: t.field({
      type: [GuardrailInput],
      description: 'What to watch over: up to 20, all of them each time.',
    }),
    releaseHold: t.boolean({ description: 'Allow `rolloutPct` to be raised again after a guardrail held it.' }),
    reason: t.string({ description: 'Why, for the audit list.' }),
  }),
});

const switchInput = (name: 'KillLearnedFusionInput' | 'ResumeLearnedFusionInput') =>
  builder.inputType(name, {
    description: 'A learned fusion to switch.',
    fields: (t) => ({
      retrieverId: t.id({ required: true, description: retrieverId }),
      reason: t.string({ description: 'Why, for the audit list.' }),
    }),
  });
const KillLearnedFusionInput = switchInput('KillLearnedFusionInput');
const ResumeLearnedFusionInput = switchInput('ResumeLearnedFusionInput');

const rolloutPayload = (name: string) =>
  builder.objectRef<{ rollout: Rollout }>(name).implement({
    description: 'It was done, or was so already.',
    fields: (t) => ({ rollout: t.expose('rollout', { type: RolloutType, description: 'The rollout from now on.' }) }),
  });

builder.mutationFields((t) => ({
  updateRollout: t.field({
    type: rolloutPayload('UpdateRolloutPayload'),
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Sets how far the learned fusion is let loose, on every server within a second. Scope: ADMIN.',
    args: { input: t.arg({ type: UpdateRolloutInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      rollout: await context.app.rollouts.update(
        namespaceOf(context),
        {
          ...toSettings(input),
          retrieverId: input.retrieverId,
          releaseHold: input.releaseHold ?? false,
          reason: input.reason ?? null,
        },
        callerOf(context).keyId,
      ),
    }),
  }),
  killLearnedFusion: t.field({
    type: rolloutPayload('KillLearnedFusionPayload'),
    errors: {},
    authScopes: { scope: 'admin' },
    description:
      'Serves the static fusion to everyone, on every server within a second, until it is resumed. Feedback goes on being learned from. Scope: ADMIN.',
    args: { input: t.arg({ type: KillLearnedFusionInput, required: true, description: 'What to switch off.' }) },
    resolve: async (_root, { input }, context) => ({
      rollout: await context.app.rollouts.kill(
        namespaceOf(context),
        { retrieverId: input.retrieverId, reason: input.reason ?? null },
        callerOf(context).keyId,
      ),
    }),
  }),
  resumeLearnedFusion: t.field({
    type: rolloutPayload('ResumeLearnedFusionPayload'),
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Goes on as it was set before it was killed. Scope: ADMIN.',
    args: { input: t.arg({ type: ResumeLearnedFusionInput, required: true, description: 'What to switch on.' }) },
    resolve: async (_root, { input }, context) => ({
      rollout: await context.app.rollouts.resume(
        namespaceOf(context),
        { retrieverId: input.retrieverId, reason: input.reason ?? null },
        callerOf(context).keyId,
      ),
    }),
  }),
}));

/** From what GraphQL leaves undefined to what the use case knows: null is absent. */
function toSettings(input: typeof UpdateRolloutInput.$inferInput): RolloutSettingsInput {
  return {
    shadowMode: input.shadowMode ?? null,
    rolloutPct: input.rolloutPct ?? null,
    controlPct: input.controlPct ?? null,
    staticFusion: input.staticFusion ?? null,
    excludedUsers: input.excludedUsers ?? null,
    guardrails:
      input.guardrails?.map(({ metric, threshold, windowMinutes, minimumSample, action }) => ({
        metric,
        threshold,
        windowMinutes: windowMinutes ?? null,
        minimumSample: minimumSample ?? null,
        action: action ?? null,
      })) ?? null,
  };
}
