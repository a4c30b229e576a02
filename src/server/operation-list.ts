import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';

/** Operations that clients may name instead of sending them. */
export interface OperationPolicy {
  /** The text of each, by its id. */
  known: ReadonlyMap<string, string>;
  /** Takes no others. */
  only: boolean;
}

export const anyOperation: OperationPolicy = { known: new Map(), only: false };

/** Decides which operations are taken at all. */
export interface OperationList {
  /** For HTTP and SSE. */
  plugin: Plugin;
  /**
   * For WebSocket, which plugins of requests do not see: the operation that was sent or named.
   * @throws GraphQLError PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_ONLY, PERSISTED_QUERY_ID_REQUIRED
   */
  admit(params: GraphQLParams): Promise<GraphQLParams>;
}

export function createOperationList({ known, only }: OperationPolicy): OperationList {
  const texts = new Set(known.values());
  const { onParams } = usePersistedOperations({
    allowArbitraryOperations: !only,
    getPersistedOperation: (id) => known.get(id) ?? null,
    customErrors: {
      notFound: fault('PERSISTED_QUERY_NOT_FOUND', 'This server knows no operation of this id; send its text.'),
      keyNotFound: fault(
        'PERSISTED_QUERY_ID_REQUIRED',
        'Send the operation as query, or the id of a known one as extensions.persistedQuery.sha256Hash with version 1.',
      ),
      persistedQueryOnly: fault(
        'PERSISTED_QUERY_ONLY',
        'This server takes only the operations that it was given; send one of them, to the letter or by its id.',
      ),
    },
  }) as Required<Pick<Plugin, 'onParams'>>;
  const decide: typeof onParams = (payload) => {
    // by its text or by its id, it is the same operation
    if (payload.params.query !== undefined && texts.has(payload.params.query)) return;
    return onParams(payload);
  };
  if (known.size === 0 && !only) return { plugin: {}, admit: async (params) => params };
  return {
    plugin: { onParams: decide },
    async admit(sent) {
      let params = sent;
      const setParams = (named: GraphQLParams) => (params = named);
      // of what the plugin is given it reads these, and marks the context
      await decide({ params, setParams, context: {} } as unknown as Parameters<typeof decide>[0]);
      return params;
    },
  };
}

/** Clients of automatic persisted queries know the codes, and send the text where an id is not known. */
function fault(code: string, message: string) {
  return () => new GraphQLError(message, { extensions: { code, http: { status: 400, spec: true } } });
}
