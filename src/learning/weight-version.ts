/**
 * The version of what a retriever has learned: batches applied to its posteriors plus updates of its definition.
 * Both only grow and both are the same on every instance, so the sum names one state and orders them all.
 */
export function weightVersion(batches: number, retrieverVersion: number): string {
  return String(batches + retrieverVersion - 1).padStart(16, '0');
}

/** The number behind a version as a client sent it back; null where it is not one. */
export function parseWeightVersion(version: string): number | null {
  return /^\d{1,16}$/.test(version) && Number.isSafeInteger(Number(version)) ? Number(version) : null;
}
