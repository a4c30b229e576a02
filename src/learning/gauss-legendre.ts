/** A quadrature rule on 0 to 1. */
export interface GaussLegendre {
  nodes: readonly number[];
  /** ∫ over the whole interval ≈ Σ weights[k] · f(nodes[k]), exact for polynomials of degree 2n − 1. */
  weights: readonly number[];
  /** ∫ from 0 to nodes[k] ≈ Σ cumulative[k][j] · f(nodes[j]), exact for polynomials of degree n − 1. */
  cumulative: readonly (readonly number[])[];
}

/**
 * The n-point Gauss–Legendre rule with its collocation matrix: the roots of the Legendre polynomial by Newton's method,
 * and the integrals of the Lagrange basis by its expansion in Legendre polynomials.
 * Sources: Press et al., "Numerical Recipes", 4.6; Hairer and Wanner, "Solving Ordinary Differential Equations II",
 * IV.5.
 */
export function gaussLegendre(n: number): GaussLegendre {
  const roots = Array.from({ length: n }, (_, k) => legendreRoot(n, Math.cos((Math.PI * (n - k - 0.25)) / (n + 0.5))));
  const values = roots.map((x) => legendre(n + 1, x));
  // On −1 to 1, where w = 2 / ((1 − x²) P'ₙ(x)²) and P'ₙ(x) = n Pₙ₋₁(x) / (1 − x²) at a root.
  const weights = roots.map((x, k) => (2 * (1 - x * x)) / (n * at(at(values, k), n - 1)) ** 2);
  const cumulative = roots.map((x, k) =>
    roots.map((_, j) => {
      // Lagrange's basis polynomial j is wⱼ Σ (m + ½) Pₘ(xⱼ) Pₘ, and ∫ Pₘ from −1 to x is (Pₘ₊₁(x) − Pₘ₋₁(x)) / (2m + 1).
      let integral = (x + 1) / 2;
      for (let m = 1; m < n; m++) {
        const primitive = (at(at(values, k), m + 1) - at(at(values, k), m - 1)) / (2 * m + 1);
        integral += (m + 0.5) * at(at(values, j), m) * primitive;
      }
      return at(weights, j) * integral;
    }),
  );
  return {
    nodes: roots.map((x) => (x + 1) / 2),
    weights: weights.map((w) => w / 2),
    cumulative: cumulative.map((row) => row.map((a) => a / 2)),
  };
}

/** P₀(x) … Pₙ(x), by Bonnet's recurrence. */
function legendre(n: number, x: number): number[] {
  const values = [1, x];
  for (let m = 1; m < n; m++) values.push(((2 * m + 1) * x * at(values, m) - m * at(values, m - 1)) / (m + 1));
  return values;
}

function legendreRoot(n: number, start: number): number {
  let x = start;
  for (let step = 0; step < 100; step++) {
    const values = legendre(n, x);
    const slope = (n * (x * at(values, n) - at(values, n - 1))) / (x * x - 1);
    const move = at(values, n) / slope;
    x -= move;
    if (Math.abs(move) < 1e-16) break;
  }
  return x;
}

function at<Item>(items: readonly Item[], index: number): Item {
  return items[index] as Item;
}
