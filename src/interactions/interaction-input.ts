import type { Interaction, InteractionType } from './interaction.ts';

export interface InteractionInput {
  executionId: string | null;
  documentId: string | null;
  position: number | null;
  interactionTypes: readonly InteractionType[];
  metadata: Record<string, unknown> | null;
  userId: string | null;
  sessionId: string | null;
  retrieverId: string | null;
  idempotencyKey: string | null;
  /** Milliseconds since the epoch; null: now. */
  occurredAt: number | null;
}

export interface RecordInteractionResult {
  interaction: Interaction;
  duplicate: boolean;
}

export interface RecordInteractionsResult {
  accepted: number;
  /** Of the accepted ones, those that are beyond a cap of their client. */
  beyondCap: number;
  duplicates: number;
  rejected: readonly { index: number; code: string; message: string }[];
}
