import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { toGraphQLError } from '../../schema/errors.ts';
import { DomainError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { withoutSuggestions } from './introspection.ts';

/** What a client is told of anything that was thrown. */
export type ErrorMask = (error: unknown) => GraphQLError;

export interface ErrorMaskOptions {
  /** How large a request may be. */
  bodyBytes: number;
  /** Whether errors may suggest names of the schema; default true. */
  suggests?: boolean;
}

/**
 * The caller's faults pass with their code. Ours are logged, and the client gets a number to ask for: a message that
 * was meant for nobody may hold a query, a path or a secret.
 */
export function createErrorMask(logger: Logger, { bodyBytes, suggests = true }: ErrorMaskOptions): ErrorMask {
  return (error) => {
    const cause = rootCause(error);
    const located = error instanceof GraphQLError ? error : undefined;
    if (cause instanceof DomainError) return toGraphQLError(cause, located);
    if (located !== undefined && cause instanceof GraphQLError)
      return withCode(suggests ? located : withoutSuggestions(located), bodyBytes);
    const errorId = randomUUID();
    logger.error({ err: cause, errorId, path: located?.path }, 'A request failed unexpectedly.');
    return new GraphQLError(`Unexpected error. The server’s log has it under ${errorId}.`, {
      nodes: located?.nodes ?? null,
      path: located?.path ?? null,
      originalError: cause instanceof Error ? cause : null,
      extensions: { code: 'INTERNAL' },
    });
  };
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}

/** graphql-js and Yoga leave some of their errors without a code, and one without a remedy. */
function withCode(error: GraphQLError, bodyBytes: number): GraphQLError {
  const { code, ...others } = error.extensions;
  if (code === 'REQUEST_ENTITY_TOO_LARGE') {
    const message = `The request body is larger than ${bodyBytes / 1024} kB; send less at once.`;
    return new GraphQLError(message, { extensions: { ...others, code: 'REQUEST_TOO_LARGE' } });
  }
  error.extensions['code'] ??= 'BAD_USER_INPUT';
  return error;
}
