import type { Execution } from './execution.ts';

/** What an execution showed, and to whom: all that feedback on it is checked against, in a fraction of its record. */
export interface Showing extends Pick<
  Execution,
  'id' | 'namespaceId' | 'retrieverId' | 'userId' | 'sessionId' | 'segment' | 'executedAt'
> {
  /** Position 0 first. */
  documentIds: readonly string[];
}

export function showingOf(execution: Execution): Showing {
  const { id, namespaceId, retrieverId, userId, sessionId, segment, executedAt, hits } = execution;
  const documentIds = hits.map(({ documentId }) => documentId);
  return { id, namespaceId, retrieverId, userId, sessionId, segment, executedAt, documentIds };
}
