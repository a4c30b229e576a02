/**
 * Floating-point sums depend on their order. Added from the smallest up, a sum depends on its terms alone, so that the
 * order of the lists cannot decide a tie.
 */
export function ascendingSum(terms: readonly number[]): number {
  if (terms.length <= 2) return (terms[0] ?? 0) + (terms[1] ?? 0);
  const ascending = Float64Array.from(terms).sort();
  let sum = 0;
  for (const term of ascending) sum += term;
  return sum;
}
