import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Each can bring the whole schema, and needs no key. */
const mostRoots = 3;

/**
 * Whether the schema may be read, and how often in one operation. In the shared pipeline: it guards HTTP, SSE and WebSocket.
 * Depth is no matter: a rule of graphql-js keeps what may be nested in itself from being so.
 */
export function guardIntrospection(allowed: boolean): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule((context: ValidationContext) => (allowed ? atMost(mostRoots, context) : none(context)));
      if (allowed) return;
      return ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).map(withoutSuggestions));
      };
    },
  };
}

const isRoot = (name: string) => name === '__schema' || name === '__type';

function none(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (!isRoot(node.name.value)) return;
      const message = 'This server does not show its schema: introspection is off. Ask its operator for the schema.';
      context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'INTROSPECTION_OFF' } }));
    },
  };
}

function atMost(allowed: number, context: ValidationContext): ASTVisitor {
  let roots = 0;
  return {
    Field(node) {
      if (!isRoot(node.name.value)) return;
      roots += 1;
      if (roots !== allowed + 1) return;
      const message = `The operation asks for the schema more than ${allowed} times; send several operations.`;
      context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'QUERY_TOO_COSTLY' } }));
    },
  };
}

/** Errors of graphql-js suggest names that are near what was asked for, and so spell out a schema that is not shown. */
export function withoutSuggestions(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean .*\?$/s, '');
  if (message === error.message) return error;
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    originalError: error.originalError ?? null,
    extensions: error.extensions,
  });
}
