import type { PairedTest } from './paired-test.ts';

export type Verdict = 'BETTER' | 'WORSE' | 'NO_DIFFERENCE_SHOWN';

/** How often one may find a difference where there is none. */
export const SIGNIFICANCE = 0.05;

/** BETTER and WORSE take both: a p-value below 5 %, and an interval that leaves out 0. */
export function verdictOf({ low, high, pValue }: Pick<PairedTest, 'low' | 'high' | 'pValue'>): Verdict {
  if (pValue >= SIGNIFICANCE) return 'NO_DIFFERENCE_SHOWN';
  if (low > 0) return 'BETTER';
  return high < 0 ? 'WORSE' : 'NO_DIFFERENCE_SHOWN';
}

/** The verdict as a sentence or two. @param metric such as "nDCG@10" @param unit what was observed: "queries" */
export function verdictInWords(test: PairedTest, metric: string, unit: string): string {
  const { count, mean, low, high, pValue, smallestDetectable } = test;
  const figures = `${signed(mean)} ${metric} over ${count} ${unit} (95 % interval ${signed(low)} to ${signed(high)}, p ${shown(pValue)})`;
  switch (verdictOf(test)) {
    case 'BETTER':
      return `The candidate is better: ${figures}.`;
    case 'WORSE':
      return `The candidate is worse: ${figures}.`;
    case 'NO_DIFFERENCE_SHOWN':
      return `No difference is shown: ${figures}. ${limitOf(test, smallestDetectable, unit)}`;
  }
}

function limitOf({ count, mean }: PairedTest, smallest: number | null, unit: string): string {
  if (smallest === null && mean === 0) return `Both scored the same on all ${unit}.`;
  if (smallest === null) return `Judge more ${unit}: ${count} cannot show how much they vary.`;
  return `With ${count} ${unit} as varied as these, a difference below ${smallest.toFixed(3)} would mostly go unseen.`;
}

function signed(value: number): string {
  const rounded = value.toFixed(3);
  return value > 0 ? `+${rounded}` : rounded.replace('-', '−');
}

function shown(pValue: number): string {
  return pValue < 0.001 ? '< 0.001' : `= ${pValue.toFixed(3)}`;
}
