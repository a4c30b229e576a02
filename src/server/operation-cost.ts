import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  BREAK,
  getOperationAST,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';

export interface OperationCost {
  depth: number;
  complexity: number;
}

/**
 * What an operation costs; null where there is none. Documents come again and again, and most cost the same whatever
 * their variables are: worked out once a document.
 */
export function rememberCosts(): (args: ExecutionArgs) => OperationCost | null {
  const known = new WeakMap<DocumentNode, Map<string, OperationCost> | 'by arguments'>();
  return (args) => {
    const { schema, document, operationName } = args;
    const costs = known.get(document) ?? (dependsOnArguments(schema, document) ? 'by arguments' : new Map());
    known.set(document, costs);
    if (costs === 'by arguments') return workOut(args);
    const name = operationName ?? '';
    const cost = costs.get(name) ?? workOut(args);
    if (cost !== null) costs.set(name, cost);
    return cost;
  };
}

/** Such as a page, whose length is an argument. */
function dependsOnArguments(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let depends = false;
  const onField = () => {
    depends = typeof types.getFieldDef()?.extensions['complexity'] === 'function';
    return depends ? BREAK : undefined;
  };
  visit(document, visitWithTypeInfo(types, { Field: onField }));
  return depends;
}

function workOut({ schema, document, operationName, variableValues }: ExecutionArgs): OperationCost | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const chosen: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] };
  return complexityFromQuery(chosen, { schema, variables: variableValues ?? {} });
}
