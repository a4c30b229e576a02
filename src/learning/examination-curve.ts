/** A document in answer to a query, and how it fared at one position. */
export interface ExaminationCell {
  /** Names the query and the document. */
  item: string;
  /** From 0. */
  position: number;
  shown: number;
  clicks: number;
}

/** Positions that are estimated; further down they are taken to be like the last of them. */
export const CURVE_POSITIONS = 20;
const ROUNDS = 100;
/** As many clicks, expected where everything is looked at, as the prior of a position is worth. */
const PRIOR_CLICKS = 5;

/**
 * How likely each position is looked at, relative to the first, by the position-based model: a click is an examination
 * (by position alone) of what attracts (by query and document alone). The two are told apart by documents that the same
 * query showed at different positions, which changing weights bring about. Rests on sums of impressions and clicks: in
 * turn, how attractive an item is, by its clicks over the examinations it got, and how well a position is looked at, by
 * its clicks over those to be expected if all were. Each step maximises the likelihood of clicks as rare events (Poisson),
 * where it is quicker than expectation maximisation. The prior is 1 / rank, so that what was never shown has a sensible
 * value.
 * Sources: Craswell et al., "An Experimental Comparison of Click Position-Bias Models", WSDM 2008 (the model); Zhang and
 * Jones, "Comparing Click Logs and Editorial Labels for Training Query Rewriting", WWW 2007 (clicks over expected clicks);
 * Joachims, Swaminathan and Schnabel, "Unbiased Learning-to-Rank with Biased Feedback", WSDM 2017 (the prior).
 * @returns one a position, the first 1, in whole thousandths
 */
export function examinationCurve(cells: readonly ExaminationCell[]): number[] {
  const known = cells.filter(({ position, shown }) => position < CURVE_POSITIONS && shown > 0);
  const prior = Array.from({ length: CURVE_POSITIONS }, (_, position) => 1 / (position + 1));
  let curve = prior;
  for (let round = 0; round < ROUNDS; round++) curve = improve(known, prior, attractions(known, curve));
  return curve.map((probability) => Math.round(1000 * Math.min(1, probability)) / 1000);
}

/** Clicks an examination, an item. */
function attractions(cells: readonly ExaminationCell[], curve: readonly number[]): Map<string, number> {
  const sums = new Map<string, { clicks: number; examined: number }>();
  for (const { item, position, shown, clicks } of cells) {
    const sum = sums.get(item) ?? { clicks: 0, examined: 0 };
    sums.set(item, { clicks: sum.clicks + clicks, examined: sum.examined + shown * (curve[position] ?? 0) });
  }
  return new Map([...sums].map(([item, { clicks, examined }]) => [item, examined > 0 ? clicks / examined : 0]));
}

/** Clicks over expected clicks, a position, relative to the first. */
function improve(
  cells: readonly ExaminationCell[],
  prior: readonly number[],
  attraction: ReadonlyMap<string, number>,
): number[] {
  const sums = prior.map((probability) => ({ clicks: probability * PRIOR_CLICKS, expected: PRIOR_CLICKS }));
  for (const { item, position, shown, clicks } of cells) {
    const sum = sums[position];
    if (sum === undefined) continue;
    sum.clicks += clicks;
    sum.expected += shown * (attraction.get(item) ?? 0);
  }
  const rates = sums.map(({ clicks, expected }) => clicks / expected);
  const [first = 1] = rates;
  return rates.map((rate) => rate / first);
}
