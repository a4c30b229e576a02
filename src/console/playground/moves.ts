/** Where a document stands in a ranking, compared with another one. */
export type Move = { kind: 'same' } | { kind: 'up' | 'down'; by: number } | { kind: 'new' };

/** @returns by document, how it moved from `before` to `after`, both best first */
export function movesBetween(before: readonly string[], after: readonly string[]): Map<string, Move> {
  const positions = new Map(before.map((id, position) => [id, position]));
  return new Map(after.map((id, position) => [id, moveOf(positions.get(id), position)]));
}

function moveOf(before: number | undefined, after: number): Move {
  if (before === undefined) return { kind: 'new' };
  if (before === after) return { kind: 'same' };
  return before > after ? { kind: 'up', by: before - after } : { kind: 'down', by: after - before };
}
