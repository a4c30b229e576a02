import type { Beta } from './beta-posterior.ts';
import { gaussLegendre } from './gauss-legendre.ts';

const rule = gaussLegendre(8);

/**
 * Panels end where a density has dropped from its mode to e^(−z²/2), as a normal one has after z standard deviations.
 */
const panelEnds = [1.5, 3, 4.5, 6.5, 9];

/**
 * A Beta distribution in log-odds t = ln(θ / (1 − θ)), where its density is ∝ θ^α (1 − θ)^β: smooth, and log-concave.
 */
interface LogOddsDensity extends Beta {
  mode: number;
  logDensityAtMode: number;
}

/**
 * The probability of each arm that its θ is the largest: ∫ fᵢ Π_{j≠i} Fⱼ dt. Deterministic, sums to 1, for 1 to 16 arms
 * with parameters from 1e-3 to 1e7.
 *
 * Gauss–Legendre on panels that end where some arm's density has dropped by a fixed factor, so that every panel
 * resolves every arm, be it a thousandth as wide as another. The distribution functions Fⱼ come from the same nodes by
 * collocation. Densities need no normalising constant: every arm's integral has the product of all of them as a factor,
 * and the sum divides it out.
 */
export function probabilityBest(arms: readonly Beta[]): number[] {
  const densities = arms.map(inLogOdds);
  const ends = Float64Array.from(densities.flatMap(endsOfPanels)).sort();
  const sums = { reached: new Float64Array(arms.length), wins: new Float64Array(arms.length) };
  for (let panel = 1; panel < ends.length; panel++) {
    const start = at(ends, panel - 1);
    const width = at(ends, panel) - start;
    if (width > 0) integratePanel(densities, start, width, sums);
  }
  // Rounding can leave a hopeless arm a hair below 0.
  const wins = Array.from(sums.wins, (win) => Math.max(0, win));
  const total = wins.reduce((sum, win) => sum + win, 0);
  return wins.map((win) => win / total);
}

/** Adds the panel's integrals to `wins`, and its masses to `reached`, the distribution functions at its start. */
function integratePanel(
  densities: readonly LogOddsDensity[],
  start: number,
  width: number,
  { reached, wins }: { reached: Float64Array; wins: Float64Array },
): void {
  const below = rule.nodes.map((node) => softplus(-start - width * node));
  const above = rule.nodes.map((node) => softplus(start + width * node));
  const masses = densities.map(({ alpha, beta, logDensityAtMode }) =>
    rule.nodes.map((_, node) => width * Math.exp(-alpha * at(below, node) - beta * at(above, node) - logDensityAtMode)),
  );
  const distributions = new Float64Array(densities.length);
  for (let node = 0; node < rule.nodes.length; node++) {
    for (let arm = 0; arm < masses.length; arm++) {
      distributions[arm] = at(reached, arm) + dot(at(rule.cumulative, node), at(masses, arm));
    }
    for (let arm = 0; arm < masses.length; arm++) {
      const mass = at(rule.weights, node) * at(at(masses, arm), node);
      if (mass > 0) wins[arm] = at(wins, arm) + mass * productOfOthers(distributions, arm);
    }
  }
  for (let arm = 0; arm < masses.length; arm++) reached[arm] = at(reached, arm) + dot(rule.weights, at(masses, arm));
}

function productOfOthers(factors: Float64Array, excluded: number): number {
  let product = 1;
  for (let index = 0; index < factors.length; index++) if (index !== excluded) product *= at(factors, index);
  return product;
}

function inLogOdds({ alpha, beta }: Beta): LogOddsDensity {
  const mode = Math.log(alpha) - Math.log(beta);
  return { alpha, beta, mode, logDensityAtMode: -alpha * softplus(-mode) - beta * softplus(mode) };
}

function endsOfPanels(density: LogOddsDensity): number[] {
  const ends = [density.mode];
  for (const z of panelEnds) ends.push(whereDropped(density, z, -1), whereDropped(density, z, 1));
  return ends;
}

/**
 * Where, on one side of the mode, the log density is z²/2 below its peak. Newton's method from beyond that point, which
 * on a concave function cannot overshoot; a few steps do, as panels need not end exactly there.
 */
function whereDropped({ alpha, beta, mode, logDensityAtMode }: LogOddsDensity, z: number, side: 1 | -1): number {
  const excess = (t: number) => -alpha * softplus(-t) - beta * softplus(t) - logDensityAtMode + z ** 2 / 2;
  let distance = z * Math.sqrt(1 / alpha + 1 / beta);
  while (excess(mode + side * distance) > 0) distance *= 2;
  let t = mode + side * distance;
  for (let step = 0; step < 6; step++) {
    const slope = alpha / (1 + Math.exp(t)) - beta / (1 + Math.exp(-t));
    t -= excess(t) / slope;
  }
  return t;
}

/** ln(1 + e^t), for any t. */
function softplus(t: number): number {
  return Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += at(a, index) * at(b, index);
  return sum;
}

function at<Item>(items: ArrayLike<Item>, index: number): Item {
  return items[index] as Item;
}
