import { graphql, type ExecutionResult } from 'graphql';
import { createContext } from '../../schema/context.ts';
import { schema } from '../../schema/index.ts';
import type { App } from '../../src/app.ts';
import { authorizations } from './hand-made-app.ts';

/** Runs an operation without a server; with the admin's key unless another is given. */
export async function run(
  app: App,
  source: string,
  variableValues: Record<string, unknown> = {},
  authorization: string | null = authorizations.admin,
): Promise<ExecutionResult> {
  const contextValue = await createContext(app, { authorization, namespace: null, origin: null });
  const result = await graphql({ schema, source, variableValues, contextValue });
  // without the null prototypes of graphql-js
  return { ...result, ...(result.data ? { data: structuredClone(result.data) } : {}) };
}
