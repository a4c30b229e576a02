import type { Rollout } from './rollout.ts';

/** The arms that chance assigns. */
export const randomArms = ['LEARNED', 'STATIC', 'CONTROL'] as const;
export type RandomArm = (typeof randomArms)[number];

export interface ArmShare {
  arm: RandomArm;
  /** 0 to 1, by the settings. */
  expected: number;
  /** Distinct users, sessions and lone searches that were assigned to it. */
  observed: number;
}

export interface SampleRatio {
  /** Units over all arms. */
  units: number;
  arms: readonly ArmShare[];
  /** Of a deviation at least as large by chance; null where there are too few units to tell. */
  pValue: number | null;
  /** What to make of a mismatch; null where there is none. */
  warning: string | null;
}

/** A mismatch this unlikely is a fault in the experiment, not chance. */
const ALARM_P = 0.001;
/** The chi-square approximation holds from here on: Cochran, "The χ² Test of Goodness of Fit", 1952. */
const MIN_EXPECTED = 5;

/**
 * Whether the arms have the sizes that the settings promise. Where they do not, their figures cannot be compared:
 * something (a crash of one arm, a cache, bots) decides who is counted.
 * Source: Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019.
 */
export function checkSampleRatio(
  settings: Pick<Rollout, 'rolloutPct' | 'controlPct'>,
  observed: Readonly<Partial<Record<RandomArm, number>>>,
): SampleRatio {
  const control = settings.controlPct / 100;
  const learned = (1 - control) * (settings.rolloutPct / 100);
  const expected: Record<RandomArm, number> = { LEARNED: learned, STATIC: 1 - control - learned, CONTROL: control };
  const arms = randomArms.map((arm) => ({ arm, expected: expected[arm], observed: observed[arm] ?? 0 }));
  const units = arms.reduce((sum, arm) => sum + arm.observed, 0);
  const pValue = chanceOf(arms, units);
  const mismatch = pValue !== null && pValue < ALARM_P;
  return { units, arms, pValue, warning: mismatch ? inWords(arms, units) : null };
}

function chanceOf(arms: readonly ArmShare[], units: number): number | null {
  const cells = arms.filter(({ expected }) => expected > 1e-9);
  if (arms.some(({ expected, observed }) => expected <= 1e-9 && observed > 0)) return 0;
  if (cells.length < 2 || cells.some(({ expected }) => expected * units < MIN_EXPECTED)) return null;
  const statistic = cells.reduce((sum, { expected, observed }) => {
    const due = expected * units;
    return sum + (observed - due) ** 2 / due;
  }, 0);
  // The upper tail of χ² in closed form: two cells have one degree of freedom, three have two.
  return cells.length === 2 ? erfc(Math.sqrt(statistic / 2)) : Math.exp(-statistic / 2);
}

/** Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 7.1.26: for x from 0, to within 1.5e-7. */
function erfc(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return series * Math.exp(-(x ** 2));
}

function inWords(arms: readonly ArmShare[], units: number): string {
  const parts = arms
    .filter(({ expected, observed }) => expected > 0 || observed > 0)
    .map(({ arm, expected, observed }) => `${arm} ${percent(observed / units)} instead of ${percent(expected)}`);
  return `The arms do not have the sizes that were set (${parts.join(', ')}): do not compare them before you know why. Look for users counted on one arm only, for bots, and for caches in front of the search.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
