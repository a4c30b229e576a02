/**
 * Weights moved into [min, max] and scaled to sum 1 again, where that can be had (features · min ≤ 1 ≤ features · max): what
 * clamping takes from some is shared by the rest in proportion, until none is out of bounds.
 * @param weights each at least 0, not all 0
 */
export function clampWeights(weights: readonly number[], min: number, max: number): number[] {
  const total = sumOf(weights);
  const shares = weights.map((weight) => weight / total);
  if (min * weights.length > 1 || max * weights.length < 1) return shares;
  const clamped = shares.map((weight) => ({ weight, fixed: false }));
  // Every round fixes one at least.
  for (let round = 0; round < clamped.length; round++) {
    const free = clamped.filter(({ fixed }) => !fixed);
    const left = 1 - sumOf(clamped.filter(({ fixed }) => fixed).map(({ weight }) => weight));
    const share = sumOf(free.map(({ weight }) => weight));
    for (const one of free) one.weight = share > 0 ? (one.weight / share) * left : left / free.length;
    const over = sumOf(free.map(({ weight }) => Math.max(0, weight - max)));
    const under = sumOf(free.map(({ weight }) => Math.max(0, min - weight)));
    if (over + under === 0) break;
    // Only the side that is further out is fixed: fixing both at once could leave the rest too much or too little.
    for (const one of free) {
      if (over >= under ? one.weight > max : one.weight < min) {
        one.weight = over >= under ? max : min;
        one.fixed = true;
      }
    }
  }
  return clamped.map(({ weight }) => weight);
}

function sumOf(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}
