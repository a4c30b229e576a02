import type { ApiKey } from '../src/access/access-input.ts';
import type { Namespace, Scope } from '../src/access/caller.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf, requireEveryNamespace } from './context.ts';

const ScopeEnum = builder.enumType('Scope', {
  description: 'What an API key may do.',
  values: {
    ADMIN: { value: 'admin' satisfies Scope, description: 'Everything in its namespace. Keep it on your servers.' },
    SEARCH: {
      value: 'search' satisfies Scope,
      description: 'Search, and read learned weights. A web page may hold it: see `allowedOrigins`.',
    },
    INTERACT: {
      value: 'interact' satisfies Scope,
      description: 'Record interactions. A web page may hold it: see `allowedOrigins`.',
    },
  } as const,
});

const NamespaceType = builder.objectRef<Namespace>('Namespace').implement({
  description: 'A tenant: it sees nothing of another.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'What `X-Namespace` names.' }),
  }),
});

const ApiKeyType = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'A key without its secret.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'The public beginning of its secret.' }),
    scopes: t.field({ type: [ScopeEnum], description: 'What it may do.', resolve: (key) => [...key.scopes] }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (key) => new Date(key.createdAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working; null: never.',
      resolve: (key) => toDate(key.expiresAt),
    }),
    revokedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null: it was not.',
      resolve: (key) => toDate(key.revokedAt),
    }),
    allowedOrigins: t.field({
      type: ['String'],
      description: 'The web origins that may use it; empty: it is bound to none.',
      resolve: (key) => [...key.allowedOrigins],
    }),
    rateLimitPerMinute: t.exposeInt('rateLimitPerMinute', {
      nullable: true,
      description: 'Operations a minute that it may ask for on each server; null: as many as any key.',
    }),
  }),
});

const ApiKeyConnection = connectionType('ApiKey', ApiKeyType);

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description:
      'The API keys of the namespace, newest first, also those that are revoked or have expired; never a secret. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, page, context) =>
      toConnection(await context.app.access.apiKeys(namespaceOf(context), pageRequest(page)), page),
  }),
);

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

const CreateNamespaceInput = builder.inputType('CreateNamespaceInput', {
  description: 'A new namespace.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '1 to 63 lower-case letters, digits and hyphens; the first is no hyphen.',
    }),
  }),
});

const CreateNamespacePayload = builder.objectRef<{ namespace: Namespace }>('CreateNamespacePayload').implement({
  description: 'The namespace was created.',
  fields: (t) => ({
    namespace: t.expose('namespace', { type: NamespaceType, description: 'The new namespace.' }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new key, bound to the namespace of the request.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for, 1 to 200 characters.' }),
    scopes: t.field({ type: [ScopeEnum], required: true, description: 'What it may do; at least one.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it stops working. Left out: never.' }),
    allowedOrigins: t.stringList({
      description:
        'For a key that a web page shows to everybody: the origins that may use it, such as `https://shop.example`, up to 100. Not with ADMIN. Left out or empty: any place.',
    }),
    rateLimitPerMinute: t.int({
      description:
        'Operations a minute that it may ask for on each server, 1 to 1000000. Left out: as many as any key.',
    }),
  }),
});

const CreateApiKeyPayload = builder.objectRef<{ apiKey: ApiKey; secret: string }>('CreateApiKeyPayload').implement({
  description: 'The key was created.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKeyType, description: 'The new key.' }),
    secret: t.exposeString('secret', {
      description: 'Send it as `Authorization: Bearer <secret>`. Shown here and never again.',
    }),
  }),
});

const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'A key to revoke.',
  fields: (t) => ({ apiKeyId: t.id({ required: true, description: 'Its id, not its secret.' }) }),
});

const RevokeApiKeyPayload = builder.objectRef<{ apiKey: ApiKey }>('RevokeApiKeyPayload').implement({
  description:
    'The key lets nobody in any more, and subscriptions with it end: here at once, on other servers within seconds.',
  fields: (t) => ({ apiKey: t.expose('apiKey', { type: ApiKeyType, description: 'The revoked key.' }) }),
});

builder.mutationFields((t) => ({
  createNamespace: t.field({
    type: CreateNamespacePayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Creates a namespace. Scope: ADMIN, of a key that is bound to no namespace.',
    args: { input: t.arg({ type: CreateNamespaceInput, required: true, description: 'The namespace.' }) },
    resolve: async (_root, { input }, context) => {
      requireEveryNamespace(context);
      return { namespace: await context.app.access.createNamespace(input.name) };
    },
  }),
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Creates an API key for the namespace. Scope: ADMIN.',
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input }, context) =>
      context.app.access.createApiKey(namespaceOf(context), {
        name: input.name,
        scopes: input.scopes,
        expiresAt: input.expiresAt?.getTime() ?? null,
        allowedOrigins: input.allowedOrigins ?? [],
        rateLimitPerMinute: input.rateLimitPerMinute ?? null,
      }),
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Revokes an API key of the namespace. Repeating it changes nothing. Scope: ADMIN.',
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'The key.' }) },
    resolve: async (_root, { input }, context) => ({
      apiKey: await context.app.access.revokeApiKey(namespaceOf(context), input.apiKeyId),
    }),
  }),
}));
