import {
  GraphQLError,
  isIntrospectionType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { DomainError } from '../src/shared/errors.ts';

/** Where a query or a subscription has no union to put an expected error in, it goes among the GraphQL errors like this. */
export function toGraphQLError(error: DomainError, located?: GraphQLError): GraphQLError {
  const inputPath = error.path.length > 0 ? { inputPath: error.path } : {};
  return new GraphQLError(error.message, {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
    originalError: error,
    extensions: { code: error.code, ...inputPath },
  });
}

/**
 * The caller could not be let in at all. Never a member of a mutation's union: no mutation was tried,
 * and a client has to handle it in one place.
 */
export function refusal(error: DomainError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { code: error.code } });
}

/**
 * Turns what use cases throw into GraphQL errors before graphql-js sees it: an error with a `path` it takes for one that
 * has its place in the response already, and passes it on as it is.
 */
export function withCodedErrors(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.resolve) field.resolve = coded(field.resolve);
      if (field.subscribe) field.subscribe = coded(field.subscribe);
    }
  }
  return schema;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** What is there at once stays so: a search resolves hundreds of fields. */
function coded(resolve: Resolver): Resolver {
  return (...args) => {
    try {
      const result: unknown = resolve(...args);
      return result instanceof Promise ? result.catch(rethrow) : result;
    } catch (error) {
      rethrow(error);
    }
  };
}

function rethrow(error: unknown): never {
  throw error instanceof DomainError ? toGraphQLError(error) : error;
}
