/** How alike two rankings of one search are. */
export interface Agreement {
  /** Shared among the first k of both, over k: 0 to 1. Shorter lists count as long as the longer of the two. */
  overlapAt1: number;
  overlapAt3: number;
  overlapAt5: number;
  overlapAt10: number;
  /** Kendall's τ-b over the documents of both, -1 to 1; null where fewer than two are in both. */
  rankCorrelation: number | null;
}

/** @param served and @param shadow document ids, best first, each once */
export function compareRankings(served: readonly string[], shadow: readonly string[]): Agreement {
  return {
    overlapAt1: overlapAt(1, served, shadow),
    overlapAt3: overlapAt(3, served, shadow),
    overlapAt5: overlapAt(5, served, shadow),
    overlapAt10: overlapAt(10, served, shadow),
    rankCorrelation: kendall(served, shadow),
  };
}

/** Two empty lists agree. */
function overlapAt(k: number, served: readonly string[], shadow: readonly string[]): number {
  const top = new Set(shadow.slice(0, k));
  const shared = served.slice(0, k).filter((id) => top.has(id)).length;
  const depth = Math.min(k, Math.max(served.length, shadow.length));
  return depth === 0 ? 1 : shared / depth;
}

/**
 * (concordant − discordant) / pairs; without ties τ-b is τ-a.
 * Source: Kendall, "A New Measure of Rank Correlation", Biometrika 30, 1938.
 */
function kendall(served: readonly string[], shadow: readonly string[]): number | null {
  const place = new Map(shadow.map((id, position) => [id, position]));
  const places = served.flatMap((id) => place.get(id) ?? []);
  const pairs = (places.length * (places.length - 1)) / 2;
  if (pairs === 0) return null;
  let balance = 0;
  for (const [index, one] of places.entries()) {
    for (const other of places.slice(index + 1)) balance += other > one ? 1 : -1;
  }
  return balance / pairs;
}
