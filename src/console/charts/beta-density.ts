export interface Beta {
  alpha: number;
  beta: number;
}

/** The density of Beta(alpha, beta) at x in (0, 1); both parameters above 0. */
export function betaDensity({ alpha, beta }: Beta, x: number): number {
  const logNormaliser = logGamma(alpha) + logGamma(beta) - logGamma(alpha + beta);
  return Math.exp((alpha - 1) * Math.log(x) + (beta - 1) * Math.log1p(-x) - logNormaliser);
}

/**
 * ln Γ(x) for x > 0 by Stirling's series, after the recurrence has carried x to where the series is exact to 1e-12.
 * Abramowitz and Stegun 6.1.15 and 6.1.41.
 */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 12; at += 1) shift -= Math.log(at);
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series;
}
