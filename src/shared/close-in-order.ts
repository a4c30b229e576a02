/** Each part closes though one before it failed; the first failure is thrown at the end. */
export function closeInOrder(parts: readonly (() => unknown)[]): () => Promise<void> {
  return async () => {
    const failures: unknown[] = [];
    for (const close of parts) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
}
