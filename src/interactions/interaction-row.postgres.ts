import type { Interaction, InteractionType } from './interaction.ts';

/** A row of `interactions` as `interactionColumns` selects it. */
export interface InteractionRow {
  id: string;
  namespace_id: string;
  retriever_id: string | null;
  execution_id: string | null;
  document_id: string | null;
  position: number | null;
  types: InteractionType[];
  metadata: Record<string, unknown>;
  user_id: string | null;
  session_id: string | null;
  segment: string | null;
  idempotency_key: string | null;
  occurred_ms: number;
  received_ms: number;
  trains: boolean;
}

// an array as JSON: `pg` reads its own notation of them slowly
export const interactionColumns = `id, namespace_id, retriever_id, execution_id, document_id, position, to_json(types) as types, metadata,
  user_id, session_id, segment, idempotency_key, trains,
  (extract(epoch from occurred_at) * 1000)::float8 as occurred_ms,
  (extract(epoch from received_at) * 1000)::float8 as received_ms`;

export function toInteraction(row: InteractionRow): Interaction {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    retrieverId: row.retriever_id,
    executionId: row.execution_id,
    documentId: row.document_id,
    position: row.position,
    interactionTypes: row.types,
    metadata: row.metadata,
    userId: row.user_id,
    sessionId: row.session_id,
    segment: row.segment,
    idempotencyKey: row.idempotency_key,
    occurredAt: row.occurred_ms,
    receivedAt: row.received_ms,
    trains: row.trains,
  };
}
