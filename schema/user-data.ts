import type { ErasureResult } from '../src/rollouts/erase-user.ts';
import type { UserRows } from '../src/rollouts/erasure.ts';
import { builder } from './builder.ts';
import { namespaceOf, type Context } from './context.ts';

const UserRowsType = builder.objectRef<UserRows>('UserRows').implement({
  description: 'How much of a user there is, or was.',
  fields: (t) => ({
    interactions: t.exposeInt('interactions', { description: 'Interactions.' }),
    executions: t.exposeInt('executions', { description: 'Searches.' }),
    posteriors: t.exposeInt('posteriors', { description: 'Personal contexts with learned weights.' }),
  }),
});

const UserPreferenceInput = builder.inputType('UserPreferenceInput', {
  description: 'A user of a retriever.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever.' }),
    userId: t.string({ required: true, description: 'The user, as searches name them.' }),
  }),
});

interface UserPreference {
  retrieverId: string;
  userId: string;
  optedOut: boolean;
  erasure: ErasureResult | null;
}

const UserPreferencePayload = builder.objectRef<UserPreference>('UserPreferencePayload').implement({
  description: 'It was done, or was so already.',
  fields: (t) => ({
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    userId: t.exposeString('userId', { description: 'The user.' }),
    optedOut: t.exposeBoolean('optedOut', { description: 'Whether the user is out from now on.' }),
    complete: t.boolean({
      description: 'False where ClickHouse is away or busy: it goes on by itself.',
      resolve: ({ erasure }) => erasure?.complete ?? true,
    }),
    removed: t.field({
      type: UserRowsType,
      nullable: true,
      description: 'What a reset deleted; null where nothing was to be deleted.',
      resolve: ({ erasure }) => erasure?.removed ?? null,
    }),
  }),
});

/** Three ways to change what a retriever knows of a user, one answer. */
const UserPreferenceResult = builder.errorUnion('UserPreferenceResult', {
  description: 'What the user is from now on, or the expected error that kept it from being done.',
  types: [UserPreferencePayload],
  resolveType: () => UserPreferencePayload,
});

const DeleteUserDataInput = builder.inputType('DeleteUserDataInput', {
  description: 'A user to forget, in the whole namespace.',
  fields: (t) => ({ userId: t.string({ required: true, description: 'The user, as searches name them.' }) }),
});

const DeleteUserDataPayload = builder.objectRef<ErasureResult>('DeleteUserDataPayload').implement({
  description: 'The user is forgotten, or being forgotten.',
  fields: (t) => ({
    userId: t.exposeString('userId', { description: 'The user.' }),
    complete: t.exposeBoolean('complete', {
      description: 'False while ClickHouse is away or busy: it goes on by itself.',
    }),
    removed: t.expose('removed', { type: UserRowsType, description: 'What there was.' }),
    remaining: t.expose('remaining', {
      type: UserRowsType,
      description: 'What a count in both stores found afterwards: all 0 where it is complete.',
    }),
  }),
});

builder.mutationFields((t) => ({
  optOutUser: t.field({
    type: UserPreferenceResult,
    authScopes: { scope: 'admin' },
    description:
      'Serves a user the static fusion from now on, and learns nothing from them; what was learned stays until it is reset. Scope: ADMIN.',
    args: { input: t.arg({ type: UserPreferenceInput, required: true, description: 'The user.' }) },
    resolve: (_root, { input }, context) => setOptOut(context, input, true),
  }),
  optInUser: t.field({
    type: UserPreferenceResult,
    authScopes: { scope: 'admin' },
    description: 'Treats a user who opted out like everyone again. Scope: ADMIN.',
    args: { input: t.arg({ type: UserPreferenceInput, required: true, description: 'The user.' }) },
    resolve: (_root, { input }, context) => setOptOut(context, input, false),
  }),
  resetPreferences: t.field({
    type: UserPreferenceResult,
    authScopes: { scope: 'admin' },
    description:
      'Deletes what a retriever has learned of a user alone: their next search gets the weights of their segment or of everyone. The log stays. Scope: ADMIN.',
    args: { input: t.arg({ type: UserPreferenceInput, required: true, description: 'The user.' }) },
    resolve: async (_root, { input }, context) => {
      const { optedOut, ...erasure } = await context.app.rollouts.resetPreferences(namespaceOf(context), input);
      return { ...input, optedOut, erasure };
    },
  }),
  deleteUserData: t.field({
    type: DeleteUserDataPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description:
      'Deletes every search, interaction and posterior of a user in the namespace, in both stores, and counts that none is left. Sums over segments and everyone, which name nobody, stay. Scope: ADMIN.',
    args: { input: t.arg({ type: DeleteUserDataInput, required: true, description: 'The user.' }) },
    resolve: (_root, { input }, context) => context.app.rollouts.deleteUserData(namespaceOf(context), input),
  }),
}));

async function setOptOut(
  context: Context,
  input: { retrieverId: string; userId: string },
  optedOut: boolean,
): Promise<UserPreference> {
  await context.app.rollouts.setOptOut(namespaceOf(context), input, optedOut);
  return { ...input, optedOut, erasure: null };
}
