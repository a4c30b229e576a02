import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import type { Scope } from '../src/access/caller.ts';
import type { DomainError } from '../src/shared/errors.ts';
import { ConflictError, ForbiddenError, NotFoundError, ValidationError } from '../src/shared/errors.ts';
import { mayUse, type Context } from './context.ts';
import { DateTimeScalar, JSONScalar, VectorScalar } from './scalars.ts';

interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  AuthScopes: { scope: Scope };
  Scalars: {
    ID: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    DateTime: { Input: Date; Output: Date };
    Vector: { Input: readonly number[]; Output: readonly number[] };
  };
}

export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

export const builder = new SchemaBuilder<SchemaTypes>({
  // errors is outermost, so that a scope that is missing becomes a member of a mutation's union
  plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, DataloaderPlugin, ValidationPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    defaultTypes: [ValidationError, NotFoundError, ConflictError, ForbiddenError],
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
      description: 'What was done, or the expected error that kept it from being done.',
    },
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: (context) => ({ scope: (scope) => mayUse(context, scope) }),
    unauthorizedError: (_parent, _context, info) =>
      new ForbiddenError(
        `The API key lacks the scope that ${info.fieldName} needs; use a key that has it.`,
        'FORBIDDEN',
      ),
  },
  relay: {
    cursorType: 'String',
    edgesFieldOptions: {
      description: 'The items with their cursors.',
      nullable: { list: false, items: false },
      complexity: { field: 0, multiplier: 1 },
    },
    nodesOnConnection: { description: 'The items alone.', complexity: { field: 0, multiplier: 1 } },
    nodeFieldOptions: { description: 'The item.', nullable: false },
    cursorFieldOptions: { description: 'Pass it as `after` to go on behind this item.' },
    pageInfoFieldOptions: { description: 'Whether there is more.' },
    pageInfoTypeOptions: { description: 'Where a page of a list begins and ends.' },
    hasNextPageFieldOptions: { description: 'More items follow: pass `endCursor` as `after`.' },
    hasPreviousPageFieldOptions: { description: 'The page began behind a cursor.' },
    startCursorFieldOptions: { description: 'The cursor of the first item; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last item; null on an empty page.' },
  },
  validation: {
    validationError: ({ issues }) => {
      const path = (issues[0]?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
      return new ValidationError(issues[0]?.message ?? 'The input is not valid.', 'INVALID_INPUT', path);
    },
  },
  complexity: { defaultComplexity: 1, defaultListMultiplier: 10 },
});

builder.addScalarType('JSON', JSONScalar);
builder.addScalarType('DateTime', DateTimeScalar);
builder.addScalarType('Vector', VectorScalar);

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description:
    'What can be changed. Every mutation takes one `input` and answers with a union of its payload and its expected errors: select `... on Error { code message path }` too.',
});
builder.subscriptionType({ description: 'What can be watched, over WebSocket (graphql-transport-ws) or SSE.' });

const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'Something that the caller can mend.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'Says which field is at fault and what to do, for people.' }),
    code: t.exposeString('code', { description: 'Stable, SCREAMING_SNAKE_CASE, for programs.' }),
    path: t.exposeStringList('path', {
      description:
        'The input field at fault, outermost first, list indexes as strings: `["input", "documents", "3"]`. Empty where no single field is.',
    }),
  }),
});

for (const [name, type, description] of [
  ['ValidationError', ValidationError, 'The input is malformed or contradicts itself.'],
  ['NotFoundError', NotFoundError, 'What the input names does not exist in the namespace.'],
  ['ConflictError', ConflictError, 'The input is fine, but contradicts what is stored: a name that is taken, say.'],
  ['ForbiddenError', ForbiddenError, 'The API key may not do this.'],
] as const) {
  builder.objectType(type, { name, description, interfaces: [ErrorInterface] });
}
