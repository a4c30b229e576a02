/** What a guardrail can watch, in what direction it goes bad, and of whom it is taken. */
export const guardrailMetrics = {
  CTR: { bad: 'BELOW', about: 'share of learned searches with a click' },
  MRR: { bad: 'BELOW', about: 'mean over learned searches of 1 / rank of the best click, 0 without one' },
  INTERACTION_RATE: { bad: 'BELOW', about: 'share of learned searches with any rewarded interaction' },
  NEGATIVE_RATE: { bad: 'ABOVE', about: 'share of learned searches with a penalised interaction' },
  ZERO_RESULT_RATE: { bad: 'ABOVE', about: 'share of learned searches that found nothing' },
  LATENCY_P95_MS: { bad: 'ABOVE', about: '95th percentile of the time of learned searches, in milliseconds' },
  CTR_UPLIFT: { bad: 'BELOW', about: 'CTR of learned over that of static searches, less 1: −0.1 is a tenth lower' },
  MRR_UPLIFT: { bad: 'BELOW', about: 'MRR of learned over that of static searches, less 1' },
} as const satisfies Record<string, { bad: 'BELOW' | 'ABOVE'; about: string }>;

export type GuardrailMetric = keyof typeof guardrailMetrics;
/** WARN: says so. HOLD: also refuses to raise `rolloutPct` until it is released. ROLL_BACK: throws the kill switch. */
export type GuardrailAction = 'WARN' | 'HOLD' | 'ROLL_BACK';

export interface Guardrail {
  /** Names it within its retriever: metric and action. */
  id: string;
  metric: GuardrailMetric;
  /** The worst value that is still fine. */
  threshold: number;
  windowMinutes: number;
  /** Learned searches (and, of an uplift, static ones) in the window before it is judged. */
  minimumSample: number;
  action: GuardrailAction;
}

/** Sums over the searches of an arm in a window. */
export interface ArmFigures {
  searches: number;
  zeroResults: number;
  /** Searches with a click, with a rewarded interaction, with a penalised one. */
  clicked: number;
  interacted: number;
  penalised: number;
  /** Σ 1 / rank of the best click. */
  reciprocalRanks: number;
  /** Null where there was no search. */
  latencyP95Ms: number | null;
}

/** The learned arm and what chance put beside it: those not rolled out to and the control group. */
export interface RolloutFigures {
  learned: ArmFigures;
  baseline: ArmFigures;
}

export interface GuardrailVerdict {
  guardrail: Guardrail;
  /** UNJUDGED: too few searches, or nothing to divide by. */
  status: 'FINE' | 'BREACHED' | 'UNJUDGED';
  value: number | null;
  sample: number;
}

export function judgeGuardrail(guardrail: Guardrail, figures: RolloutFigures): GuardrailVerdict {
  const { metric, threshold, minimumSample } = guardrail;
  const comparing = metric === 'CTR_UPLIFT' || metric === 'MRR_UPLIFT';
  const sample = comparing ? Math.min(figures.learned.searches, figures.baseline.searches) : figures.learned.searches;
  const value = sample < Math.max(1, minimumSample) ? null : valueOf(metric, figures);
  if (value === null) return { guardrail, status: 'UNJUDGED', value, sample };
  const breached = guardrailMetrics[metric].bad === 'BELOW' ? value < threshold : value > threshold;
  return { guardrail, status: breached ? 'BREACHED' : 'FINE', value, sample };
}

function valueOf(metric: GuardrailMetric, { learned, baseline }: RolloutFigures): number | null {
  switch (metric) {
    case 'CTR':
      return learned.clicked / learned.searches;
    case 'MRR':
      return learned.reciprocalRanks / learned.searches;
    case 'INTERACTION_RATE':
      return learned.interacted / learned.searches;
    case 'NEGATIVE_RATE':
      return learned.penalised / learned.searches;
    case 'ZERO_RESULT_RATE':
      return learned.zeroResults / learned.searches;
    case 'LATENCY_P95_MS':
      return learned.latencyP95Ms;
    case 'CTR_UPLIFT':
      return upliftOf(learned.clicked / learned.searches, baseline.clicked / baseline.searches);
    case 'MRR_UPLIFT':
      return upliftOf(learned.reciprocalRanks / learned.searches, baseline.reciprocalRanks / baseline.searches);
  }
}

function upliftOf(learned: number, baseline: number): number | null {
  return baseline > 0 ? learned / baseline - 1 : null;
}
