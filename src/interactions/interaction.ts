export const interactionTypes = [
  'VIEW',
  'CLICK',
  'LONG_VIEW',
  'DWELL_TIME',
  'SCROLL_DEPTH',
  'PURCHASE',
  'ADD_TO_CART',
  'WISHLIST',
  'BOOKMARK',
  'SHARE',
  'COPY',
  'POSITIVE_FEEDBACK',
  'NEGATIVE_FEEDBACK',
  'SKIP',
  'RETURN_TO_RESULTS',
  'QUERY_REFINEMENT',
  'ZERO_RESULTS',
  'FILTER_TOGGLE',
] as const;

export type InteractionType = (typeof interactionTypes)[number];

const listTypes: ReadonlySet<InteractionType> = new Set<InteractionType>([
  'SCROLL_DEPTH',
  'RETURN_TO_RESULTS',
  'QUERY_REFINEMENT',
  'ZERO_RESULTS',
  'FILTER_TOGGLE',
]);

/** Whether a type says something of the result list as a whole, so that an event of it needs no document. */
export function isAboutTheList(type: InteractionType): boolean {
  return listTypes.has(type);
}

/** What a person did with what a search showed. */
export interface Interaction {
  /** UUIDv7. */
  id: string;
  namespaceId: string;
  /** Null where the event could be tied to no retriever. */
  retrieverId: string | null;
  /** Null where it could be tied to no execution: kept for analytics, trains nothing. */
  executionId: string | null;
  documentId: string | null;
  /** From 0. */
  position: number | null;
  interactionTypes: readonly InteractionType[];
  metadata: Record<string, unknown>;
  userId: string | null;
  sessionId: string | null;
  segment: string | null;
  idempotencyKey: string | null;
  occurredAt: number;
  receivedAt: number;
  /** False: beyond a cap of its client, so that it teaches nobody but the person who did it. */
  trains: boolean;
}

/**
 * One (execution, document, type), however often it was sent: what attribution counts. Of a repeated one the greatest
 * duration and depth hold.
 */
export interface Signal {
  /** '' where the event was about the result list as a whole. */
  documentId: string;
  type: InteractionType;
  /** Of DWELL_TIME, `metadata.durationMs` where sent: what its reward is scaled by. */
  durationMs: number | null;
  /** Of SCROLL_DEPTH, `metadata.depth` where sent: how far down the list a person came, 0 to 1. */
  depth?: number | null;
  /** When it happened, milliseconds since the epoch; absent or null: unknown. */
  occurredAt?: number | null;
  /** False: beyond a cap of its client, and so for the person's own weights only. */
  trains?: boolean;
}

/** The signals an event carries: one a type, all of its document. */
export function signalsOf({
  documentId,
  interactionTypes: types,
  metadata,
  occurredAt,
}: Pick<Interaction, 'documentId' | 'interactionTypes' | 'metadata' | 'occurredAt'>): Signal[] {
  const numberFor = (type: InteractionType, of: InteractionType, field: string): number | null => {
    const value = metadata[field];
    return type === of && typeof value === 'number' ? value : null;
  };
  return types.map((type) => ({
    documentId: type === 'SCROLL_DEPTH' ? '' : (documentId ?? ''),
    type,
    durationMs: numberFor(type, 'DWELL_TIME', 'durationMs'),
    depth: numberFor(type, 'SCROLL_DEPTH', 'depth'),
    occurredAt,
  }));
}

/** Whether `one` says all that `other`, of the same document and type, does. */
export function saysAsMuch(
  one: Pick<Signal, 'durationMs' | 'depth'>,
  other: Pick<Signal, 'durationMs' | 'depth'>,
): boolean {
  return (one.durationMs ?? -1) >= (other.durationMs ?? -1) && (one.depth ?? -1) >= (other.depth ?? -1);
}

export interface InteractionFilter {
  retrieverId: string | null;
  executionId: string | null;
  userId: string | null;
  sessionId: string | null;
  documentId: string | null;
  types: readonly InteractionType[] | null;
}
