import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  parse,
  type ASTVisitor,
  type DocumentNode,
  type ExecutionArgs,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { toGraphQLError } from '../../schema/errors.ts';
import { DomainError } from '../shared/errors.ts';
import type { Limits } from './limits.ts';
import { rememberCosts } from './operation-cost.ts';

/** Refuses operations that ask too much, before anything of them runs. In the shared pipeline: it guards HTTP, SSE and WebSocket. */
export function limitOperations(limits: Limits): Plugin {
  const parseWithinLimit = (source: string) => parseWithin(limits.tokens, source);
  const costOf = rememberCosts();
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimit);
    },
    onValidate({ addValidationRule }) {
      addValidationRule((context: ValidationContext) => aliasLimit(limits.aliases, context));
    },
    onExecute({ args, setResultAndStopExecution }) {
      const error = costFault(limits, costOf, args);
      if (error !== null) setResultAndStopExecution({ errors: [error] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const error = costFault(limits, costOf, args);
      if (error !== null) setResultAndStopExecution({ errors: [error] });
    },
  };
}

function parseWithin(tokens: number, source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const tooLong = error.message.includes(`more that ${tokens} tokens`);
    const message = tooLong ? `The operation has more than ${tokens} tokens; use variables.` : error.message;
    const code = tooLong ? 'TOO_MANY_TOKENS' : 'GRAPHQL_PARSE_FAILED';
    throw new GraphQLError(message, {
      source: error.source ?? null,
      positions: error.positions ?? null,
      extensions: refused(code),
    });
  }
}

function aliasLimit(allowed: number, context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field(node) {
      if (node.alias === undefined) return;
      aliases += 1;
      if (aliases !== allowed + 1) return;
      const message = `The operation has more than ${allowed} aliases; send several operations.`;
      context.reportError(new GraphQLError(message, { nodes: node, extensions: refused('TOO_MANY_ALIASES') }));
    },
  };
}

function costFault(limits: Limits, costOf: ReturnType<typeof rememberCosts>, args: ExecutionArgs): GraphQLError | null {
  try {
    const cost = costOf(args);
    if (cost === null) return null;
    const { depth, complexity } = cost;
    if (depth > limits.depth) return tooMuch('depth', depth, limits.depth, 'QUERY_TOO_DEEP');
    if (complexity > limits.cost) return tooMuch('cost', complexity, limits.cost, 'QUERY_TOO_COSTLY');
    return null;
  } catch (error) {
    if (error instanceof DomainError) return notValid(toGraphQLError(error), error.code);
    if (!(error instanceof GraphQLError)) throw error;
    const { schema, document, operationName, variableValues } = args;
    const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {};
    const { errors } = getVariableValues(schema, variableDefinitions, variableValues ?? {});
    // execution refuses variables that are not valid, and says where; of a field it would refuse that field alone
    return errors === undefined ? notValid(error) : null;
  }
}

/** A fault of the caller’s, and not of the server’s, which an original error would make it for Yoga. */
function notValid({ message, nodes, extensions }: GraphQLError, code = 'BAD_USER_INPUT'): GraphQLError {
  return new GraphQLError(message, { nodes: nodes ?? null, extensions: { ...extensions, ...refused(code) } });
}

function tooMuch(what: string, actual: number, allowed: number, code: string): GraphQLError {
  const message = `The ${what} of the operation is ${actual}, of ${allowed} allowed; select less, or page with first.`;
  return new GraphQLError(message, { extensions: { ...refused(code), [what]: actual, allowed } });
}

/** `spec`: 400 only for clients that accept application/graphql-response+json, as GraphQL over HTTP wants it. */
function refused(code: string) {
  return { code, http: { status: 400, spec: true } };
}
