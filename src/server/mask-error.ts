import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { toGraphQLError } from '../../schema/errors.ts';
import { DomainError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { limits } from './limits.ts';

/** What a client is told of anything that was thrown. */
export type ErrorMask = (error: unknown) => GraphQLError;

/**
 * The caller's faults pass with their code. Ours are logged, and the client gets a number to ask for: a message that
 * was meant for nobody may hold a query, a path or a secret.
 */
export function createErrorMask(logger: Logger): ErrorMask {
  return (error) => {
    const cause = rootCause(error);
    const located = error instanceof GraphQLError ? error : undefined;
    if (cause instanceof DomainError) return toGraphQLError(cause, located);
    if (located !== undefined && cause instanceof GraphQLError) return withCode(located);
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
function withCode(error: GraphQLError): GraphQLError {
  const { code, ...others } = error.extensions;
  if (code === 'REQUEST_ENTITY_TOO_LARGE') {
    const message = `The request body is larger than ${limits.bodyBytes / 1024} kB; send less at once.`;
    return new GraphQLError(message, { extensions: { ...others, code: 'REQUEST_TOO_LARGE' } });
  }
  error.extensions['code'] ??= 'BAD_USER_INPUT';
  return error;
}
