import { describe, expect, it } from 'vitest';
import { fuse } from '../../../src/fusion/fuse.ts';
import { attribute } from '../../../src/learning/attribution.ts';
import { armPosteriors, betaMean } from '../../../src/learning/beta-posterior.ts';
import type { CreditRule } from '../../../src/learning/credit.ts';
import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';
import type { ArmTotals } from '../../../src/learning/posterior-store.ts';
import { sampleWeights } from '../../../src/learning/thompson-sampling.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { creditRules, signal } from './executed-hits.ts';

/** Each arm's mean after searches whose users click the first hit that 'apt' puts into its top three. */
function meansAfter(searches: number, credit: CreditRule): Record<string, number> {
  const config = { ...defaultLearningConfig, credit };
  const rng = seededRng(`loop ${credit}`);
  const earned = new Map<string, ArmTotals>();
  let interactions = 0;
  const posteriors = () => armPosteriors(['apt', 'inept'], earned, config);
  for (let search = 0; search < searches; search++) {
    const lists = ['apt', 'inept'].map((featureUri) => ({
      featureUri,
      hits: Array.from({ length: 20 }, (_, id) => ({ documentId: `document-${id}`, score: rng.next() })),
    }));
    const weights = sampleWeights(posteriors(), rng).map((arm) => arm.weight);
    const hits = fuse('LEARNED', lists, { weights: interactions > 0 ? weights : null }).slice(0, 10);
    const liked = hits.find(({ features }) => (features[0]?.rank ?? Infinity) <= 3);
    if (!liked) continue;
    const attribution = attribute({ hits }, [signal(liked.documentId, 'CLICK')], config);
    interactions += attribution.interactions;
    for (const [featureUri, { rewards, failures }] of attribution.arms) {
      const before = earned.get(featureUri) ?? { rewards: 0, failures: 0 };
      earned.set(featureUri, { rewards: before.rewards + rewards, failures: before.failures + failures });
    }
  }
  return Object.fromEntries(posteriors().map((arm) => [arm.featureUri, betaMean(arm)]));
}

describe('the loop of search, click and credit', () => {
  it.each(creditRules.filter((rule) => rule !== 'MEMBERSHIP'))(
    'comes to trust the feature whose hits are clicked, with credit by %s',
    (rule) => {
      const means = meansAfter(200, rule);
      expect(means['apt']).toBeGreaterThan(1.1 * means['inept']!);
    },
  );

  it('learns nothing from credit by MEMBERSHIP where every feature finds every document', () => {
    const means = meansAfter(200, 'MEMBERSHIP');
    expect(means['apt']).toBeCloseTo(means['inept']!, 9);
  });
});
