import { getOperationAST, type ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Metrics, OperationType } from '../monitoring/metrics.ts';
import { stopwatch } from '../shared/clock.ts';
import type { Tracer } from '../shared/tracer.ts';

export interface OperationObservers {
  metrics: Pick<Metrics, 'operation'>;
  tracer: Tracer;
}

/** Counts and traces what is executed. In the shared pipeline, and the last of its plugins: what it times is all of it. */
export function observeOperations({ metrics, tracer }: OperationObservers): Plugin {
  function observed<Result>(execute: (args: ExecutionArgs) => Result | Promise<Result>) {
    return async (args: ExecutionArgs): Promise<Result> => {
      const { operation, name } = getOperationAST(args.document, args.operationName) ?? {};
      const type: OperationType = operation ?? 'query';
      const elapsed = stopwatch();
      const attributes = { 'graphql.operation.type': type, 'graphql.operation.name': name?.value ?? '' };
      try {
        const work = async () => execute(args);
        const result = await tracer.span(`graphql ${type}`, attributes, work, traceparentOf(args));
        metrics.operation(type, hasErrors(result) ? 'error' : 'ok', elapsed());
        return result;
      } catch (error) {
        metrics.operation(type, 'error', elapsed());
        throw error;
      }
    };
  }
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(observed(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(observed(subscribeFn)),
  };
}

/** Of the HTTP request; over WebSocket there is none. */
function traceparentOf({ contextValue }: ExecutionArgs): string | null {
  const { request } = (contextValue ?? {}) as { request?: Request };
  return request?.headers.get('traceparent') ?? null;
}

function hasErrors(result: unknown): boolean {
  const { errors } = (result ?? {}) as { errors?: readonly unknown[] };
  return (errors?.length ?? 0) > 0;
}
