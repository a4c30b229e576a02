export interface SearchInput {
  retrieverId: string;
  /** Values for `{{INPUT.x}}`; `user_id` and `segment` are taken from here where the fields below are null. */
  inputs: Record<string, unknown>;
  userId: string | null;
  sessionId: string | null;
  segment: string | null;
  /** Fixes the draw of a learned search; null: a fresh one. */
  seed: string | null;
  /** 1 to 100; null: what the retriever's last stage leaves. */
  limit: number | null;
}
