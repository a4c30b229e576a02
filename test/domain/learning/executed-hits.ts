import fc from 'fast-check';
import { fuse } from '../../../src/fusion/fuse.ts';
import type { FeatureContribution } from '../../../src/fusion/ranked-list.ts';
import { interactionTypes, type InteractionType, type Signal } from '../../../src/interactions/interaction.ts';
import type { CreditRule } from '../../../src/learning/credit.ts';
import type { Evidence } from '../../../src/learning/evidence.ts';
import type { DocumentOutcome } from '../../../src/learning/ranking-evidence.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import { anyMethod, anyLists } from '../fusion/ranked-lists.ts';

export const creditRules: CreditRule[] = ['STRONGEST_FEATURE', 'SCORE_SHARE', 'RANK_SHARE', 'MEMBERSHIP'];

/** What a search by any fusion method could have shown. */
export const anyExecution = fc
  .tuple(anyMethod, anyLists)
  .map(([method, lists]) => ({ hits: fuse(method, lists).slice(0, 8) }));

/** Signals about documents that may or may not have been shown, or about the list. */
export const anySignals = fc.array(
  fc.record({
    documentId: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'not shown'),
    type: fc.constantFrom(...interactionTypes),
    durationMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
  }),
  { maxLength: 20 },
);

export function signal(documentId: string, type: InteractionType, durationMs: number | null = null): Signal {
  return { documentId, type, durationMs };
}

/** A feature's word on a hit; rank null: it did not find it. */
export function feature(featureUri: string, rank: number | null, normalizedScore = 0): FeatureContribution {
  return {
    featureUri,
    rank,
    score: rank === null ? null : normalizedScore,
    normalizedScore,
    weight: 1,
    contribution: normalizedScore,
  };
}

/** A hit a row, with the scores that the features gave it; 0: they did not find it. */
export function hitsOf(featureUris: readonly string[], rows: readonly (readonly number[])[]): ExecutedHit[] {
  return rows.map((scores, place) => ({
    documentId: `document-${place}`,
    score: 0,
    features: featureUris.map((uri, index) => feature(uri, scores[index] ? 1 : null, scores[index] ?? 0)),
  }));
}

/** Rewards of documents that were all looked at. */
export function rewarded(...rewards: readonly number[]): DocumentOutcome[] {
  return rewards.map((reward) => ({ reward, examined: 1 }));
}

/** Evidence on the same features; null: none yet. */
export function addedUp(known: Evidence | null, more: Evidence): Evidence {
  return { ...more, sums: more.sums.map((sum, index) => sum + (known?.sums[index] ?? 0)) };
}
