import type { FeatureContribution } from '../fusion/ranked-list.ts';

/** Which features an interaction with a hit is credited to. */
export type CreditRule = 'STRONGEST_FEATURE' | 'SCORE_SHARE' | 'RANK_SHARE' | 'MEMBERSHIP';

type Finding = Pick<FeatureContribution, 'rank' | 'normalizedScore'>;

/**
 * How a hit's reward or penalty is shared between the features that found it: one share a feature, in the order given,
 * summing to 1; all 0 where none found it. Rests on ranks and normalised scores, which say the same under every fusion
 * method, and never on weights: a feature must not earn more for having been trusted more.
 *
 * - STRONGEST_FEATURE: all to the highest normalised score, ties share.
 * - SCORE_SHARE: in proportion to the normalised scores.
 * - RANK_SHARE: in proportion to 1 / rank.
 * - MEMBERSHIP: equally to every feature that found it.
 */
export function assignCredit(rule: CreditRule, features: readonly Finding[]): number[] {
  const claims = features.map((feature) => (feature.rank === null ? 0 : claimOf(rule, feature, features)));
  const total = claims.reduce((sum, claim) => sum + claim, 0);
  if (total > 0) return claims.map((claim) => claim / total);
  // Found, but with no claim: last in every list that has it.
  return rule === 'MEMBERSHIP' ? claims : assignCredit('MEMBERSHIP', features);
}

function claimOf(rule: CreditRule, feature: Finding, features: readonly Finding[]): number {
  switch (rule) {
    case 'STRONGEST_FEATURE':
      return features.every((other) => other.normalizedScore <= feature.normalizedScore) ? 1 : 0;
    case 'SCORE_SHARE':
      return feature.normalizedScore;
    case 'RANK_SHARE':
      return 1 / (feature.rank ?? Infinity);
    case 'MEMBERSHIP':
      return 1;
  }
}
