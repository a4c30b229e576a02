import type { ArgBuilder, ObjectParam } from '@pothos/core';
import { defaultFieldResolver, isObjectType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import type { Page, PageRequest } from '../src/shared/page.ts';
import { ValidationError } from '../src/shared/errors.ts';
import { isUuid } from '../src/shared/uuid.ts';
import { builder, type Types } from './builder.ts';
import { defaultAnswerLimits, defaultPageSize, type Context } from './context.ts';
import { toGraphQLError } from './errors.ts';

/** Forward paging only: every list is newest first, and nobody starts at the oldest. */
export function pageArguments(arg: ArgBuilder<Types>) {
  return {
    first: arg.int({
      defaultValue: defaultPageSize,
      description: `How many items at most, 1 to ${defaultAnswerLimits.pageSize} unless the server is set otherwise.`,
      validate: z.int().min(1, { error: 'first must be 1 or more.' }).nullish(),
    }),
    after: arg.string({ description: 'The cursor of an item: the page begins behind it.' }),
  };
}

export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

/** Sees to it that no list of the schema, however deep, gives out more at once than the server is set to. */
export function withLimitedPages(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  for (const field of types.flatMap((type) => Object.values(type.getFields()))) {
    if (field.args.some(({ name }) => name === 'first')) limitPages(field);
  }
  return schema;
}

function limitPages(field: GraphQLField<unknown, Context>): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (parent, args, context, info) => {
    const { pageSize } = context.limits;
    if (((args as PageArguments).first ?? defaultPageSize) <= pageSize) return resolve(parent, args, context, info);
    throw toGraphQLError(
      new ValidationError(`first must be 1 to ${pageSize}; page on with after.`, 'INVALID_INPUT', ['first']),
    );
  };
}

/** A list costs as much as the items that were asked for. */
export function pageCost({ first }: PageArguments) {
  return { field: 1, multiplier: first ?? defaultPageSize };
}

/**
 * @param isKey whether a cursor's content can name an item of the list
 * @throws ValidationError INVALID_CURSOR
 */
export function pageRequest({ first, after }: PageArguments, isKey = isUuid): PageRequest {
  return { limit: first ?? defaultPageSize, after: typeof after === 'string' ? decodeCursor(after, isKey) : null };
}

/** @param order what the list is sorted by, as the end of a sentence */
export function connectionType<Type extends ObjectParam<Types>>(name: string, type: Type, order = 'newest first') {
  return builder.connectionObject(
    { name: `${name}Connection`, type, description: `A page of a list, ${order}.` },
    { name: `${name}Edge`, description: 'An item of a list, and where it stands in it.' },
  );
}

export function toConnection<Node extends { id: string }>(page: Page<Node>, args: PageArguments) {
  return toConnectionBy(page, args, ({ id }) => id);
}

/** @param keyOf what the list goes on behind: unique in it */
export function toConnectionBy<Node>(page: Page<Node>, { after }: PageArguments, keyOf: (node: Node) => string) {
  const edges = page.items.map((node) => ({ node, cursor: encodeCursor(keyOf(node)) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: typeof after === 'string',
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Opaque on purpose: what a cursor holds may change. */
function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function decodeCursor(cursor: string, isKey: (key: string) => boolean): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (encodeCursor(key) === cursor && isKey(key)) return key;
  throw new ValidationError(
    'after is no cursor of this list; pass an endCursor or cursor that it returned.',
    'INVALID_CURSOR',
    ['after'],
  );
}
