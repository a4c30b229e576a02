import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { toGraphQLError } from '../../schema/errors.ts';
import { DomainError, UnavailableError } from '../shared/errors.ts';
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
 * The caller's faults pass with their code, and where a store is away the client may try again. Other faults of ours are
 * logged, and the client gets a number to ask for: a message that was meant for nobody may hold a query, a path or a secret.
 */
export function createErrorMask(logger: Logger, { bodyBytes, suggests = true }: ErrorMaskOptions): ErrorMask {
  return (error) => {
    const cause = rootCause(error);
    const located = error instanceof GraphQLError ? error : undefined;
    if (cause instanceof DomainError) return toGraphQLError(cause, located);
    if (located !== undefined && cause instanceof GraphQLError)
      return withCode(suggests ? located : withoutSuggestions(located), bodyBytes);
    if (cause instanceof UnavailableError) return unavailable(cause, located, logger);
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

/** It passes by itself, and there may be many a second: a line each in the log, without a stack. */
function unavailable(
  { store, message: reason }: UnavailableError,
  located: GraphQLError | undefined,
  logger: Logger,
): GraphQLError {
  logger.warn({ reason, path: located?.path }, 'A request could not be answered, since a store did not answer.');
  return new GraphQLError(`${store} does not answer; try again in a moment.`, {
    nodes: located?.nodes ?? null,
    path: located?.path ?? null,
    extensions: { code: 'UNAVAILABLE', ...(located?.path === undefined && { http: { status: 503 } }) },
  });
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
