/** Ends a subscription that nobody reads. Harmless where it has ended, and where it is no subscription but an error. */
export function abandon(result: unknown): void {
  const { return: end } = (result ?? {}) as { return?: unknown };
  if (typeof end === 'function') void end.call(result);
}
