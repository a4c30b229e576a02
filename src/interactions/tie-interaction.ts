import type { Showing } from '../search/showing.ts';
import { ValidationError } from '../shared/errors.ts';
import { CLOCK_SKEW_MS, type CheckedInteraction } from './check-interaction.ts';
import type { Interaction } from './interaction.ts';

/** The event as it is stored, save for its id. */
export type TiedInteraction = Omit<Interaction, 'id'>;

/**
 * Ties an event to the execution it names. Document and position complete each other. User, session and segment are
 * the execution's, and the event's only where the execution has none: whoever was shown the ranking is who it trains,
 * also when a visitor logs in between the search and the click.
 * @throws ValidationError RETRIEVER_MISMATCH, POSITION_NOT_SHOWN, DOCUMENT_NOT_SHOWN, POSITION_MISMATCH, INVALID_OCCURRED_AT
 */
export function tieToShowing(event: CheckedInteraction, showing: Showing): TiedInteraction {
  if (event.retrieverId !== null && event.retrieverId !== showing.retrieverId) {
    throw new ValidationError(
      `retrieverId is not the retriever of the execution, ${showing.retrieverId}: leave it out.`,
      'RETRIEVER_MISMATCH',
      [...event.path, 'retrieverId'],
    );
  }
  if (event.occurredAt < showing.executedAt - CLOCK_SKEW_MS) {
    throw new ValidationError(
      'occurredAt is before the search was made: check the clock, or the executionId.',
      'INVALID_OCCURRED_AT',
      [...event.path, 'occurredAt'],
    );
  }
  const { documentId, position } = placeOf(event, showing);
  return {
    namespaceId: showing.namespaceId,
    retrieverId: showing.retrieverId,
    executionId: showing.id,
    documentId,
    position,
    interactionTypes: event.interactionTypes,
    metadata: event.metadata,
    userId: showing.userId ?? event.userId,
    sessionId: showing.sessionId ?? event.sessionId,
    segment: showing.segment,
    idempotencyKey: event.idempotencyKey,
    occurredAt: Math.max(event.occurredAt, Math.min(showing.executedAt, event.receivedAt)),
    receivedAt: event.receivedAt,
    trains: true,
  };
}

/** An event that no execution is known for: kept for analytics. */
export function tieToNothing(event: CheckedInteraction, namespaceId: string): TiedInteraction {
  const { documentId, position, interactionTypes, metadata, userId, sessionId, idempotencyKey } = event;
  const { retrieverId, occurredAt, receivedAt } = event;
  return {
    namespaceId,
    retrieverId,
    executionId: null,
    documentId,
    position,
    interactionTypes,
    metadata,
    userId,
    sessionId,
    segment: null,
    idempotencyKey,
    occurredAt,
    receivedAt,
    trains: true,
  };
}

function placeOf(event: CheckedInteraction, { documentIds }: Showing): Pick<Interaction, 'documentId' | 'position'> {
  const { documentId, position, path } = event;
  if (documentId === null && position === null) return { documentId, position };
  const shownAt = documentId === null ? null : documentIds.indexOf(documentId);
  if (shownAt === -1) {
    throw new ValidationError(
      `documentId ${JSON.stringify(documentId)} is not among the ${documentIds.length} documents that the execution showed.`,
      'DOCUMENT_NOT_SHOWN',
      [...path, 'documentId'],
    );
  }
  if (position === null) return { documentId, position: shownAt };
  const shown = documentIds[position];
  if (shown === undefined) {
    const range = documentIds.length === 0 ? 'none' : `positions 0 to ${documentIds.length - 1}`;
    throw new ValidationError(
      `position ${position} was never shown: the execution showed ${documentIds.length} documents (${range}).`,
      'POSITION_NOT_SHOWN',
      [...path, 'position'],
    );
  }
  if (shownAt !== null && shownAt !== position) {
    throw new ValidationError(
      `position ${position} held another document; ${JSON.stringify(documentId)} was at ${shownAt}. Give one of the two.`,
      'POSITION_MISMATCH',
      [...path, 'position'],
    );
  }
  return { documentId: shown, position };
}
