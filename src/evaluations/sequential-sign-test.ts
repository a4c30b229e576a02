/** What wins and losses say so far. */
export interface SequentialTest {
  /** Valid whenever one looks: the chance that it is ever at or below α, where there is no difference, is at most α. */
  pValue: number;
  /** The share of wins among searches that one side won, and a confidence sequence of it at 1 − α; 0 to 1. */
  share: number;
  low: number;
  high: number;
}

const STEPS = 60;

/**
 * Tests whether a side wins half of the searches that have a winner, so that one may look after every search and stop
 * as soon as it is decided. Under a true share p the mixture likelihood ratio over a uniform prior,
 *
 *   Λ(p) = ∫ θʷ(1 − θ)ˡ dθ / (pʷ(1 − p)ˡ) = B(w + 1, l + 1) / (pʷ(1 − p)ˡ),
 *
 * is a nonnegative martingale of mean 1, so by Ville's inequality it ever reaches 1/α with a chance of at most α. The
 * p-value is 1 / max Λ(½) over the past, and the confidence sequence holds every p with Λ(p) < 1/α.
 * Sources: Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm", Annals of Mathematical Statistics
 * 41(5), 1970; Johari, Koomen, Pekelis and Walsh, "Peeking at A/B Tests", KDD 2017 (the mixture SPRT).
 * @param previousP the smallest p-value seen so far; 1 at the start
 */
export function sequentialSignTest(wins: number, losses: number, alpha: number, previousP: number): SequentialTest {
  const logMarginal = logBeta(wins + 1, losses + 1);
  const logRatio = (p: number) => logMarginal - wins * logOr0(p, wins) - losses * logOr0(1 - p, losses);
  const share = wins + losses === 0 ? 0.5 : wins / (wins + losses);
  const isOutside = (p: number) => logRatio(p) >= -Math.log(alpha);
  return {
    pValue: Math.min(previousP, 1, Math.exp(-logRatio(0.5))),
    share,
    low: isOutside(0) ? bisect(0, share, isOutside) : 0,
    high: isOutside(1) ? bisect(1, share, isOutside) : 1,
  };
}

/** ln p, of no weight where it is not counted. */
function logOr0(p: number, count: number): number {
  return count === 0 ? 0 : Math.log(p);
}

/** The border between `outside`, where it holds, and `inside`, where it does not. */
function bisect(outside: number, inside: number, isOutside: (p: number) => boolean): number {
  let [out, into] = [outside, inside];
  for (let step = 0; step < STEPS; step++) {
    const middle = (out + into) / 2;
    if (isOutside(middle)) out = middle;
    else into = middle;
  }
  return into;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series with the argument raised above 10, where four terms give 12 digits. Source: DLMF 5.11.1. */
function logGamma(x: number): number {
  let raised = x;
  let product = 1;
  while (raised < 10) product *= raised++;
  const series = 1 / (12 * raised) - 1 / (360 * raised ** 3) + 1 / (1260 * raised ** 5) - 1 / (1680 * raised ** 7);
  return (raised - 0.5) * Math.log(raised) - raised + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
