/** Steps along an edge, by number of features, so that about a hundred points cover the simplex. */
const stepsOf = [1, 1, 20, 12, 6, 5, 4, 3, 3];
const stepsOfMany = 2;

const known = new Map<number, readonly (readonly number[])[]>();

/**
 * Weight vectors spread evenly over all there are: those that sum to 1 in multiples of 1/k, corners included. Always the
 * same, in the same order, for a number of features: 21 points for 2 features, 91 for 3, 84 for 4, 126 for 5 and 6.
 * Source: Scheffé, "Experiments with Mixtures", J. R. Stat. Soc. B 20(2), 1958 (the simplex lattice).
 */
export function weightLattice(features: number): readonly (readonly number[])[] {
  let lattice = known.get(features);
  if (lattice === undefined) {
    const steps = stepsOf[features] ?? stepsOfMany;
    lattice = compositions(steps, features).map((parts) => parts.map((part) => part / steps));
    known.set(features, lattice);
  }
  return lattice;
}

/** Every way to write a whole number as that many whole numbers from 0, in order. */
function compositions(total: number, parts: number): number[][] {
  if (parts <= 1) return parts === 1 ? [[total]] : [[]];
  const all: number[][] = [];
  for (let first = 0; first <= total; first++) {
    for (const rest of compositions(total - first, parts - 1)) all.push([first, ...rest]);
  }
  return all;
}
