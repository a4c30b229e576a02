import { createHash } from 'node:crypto';
import { linearEvidence, readLinearEvidence, type LinearEvidence } from './linear-evidence.ts';
import type { ScoredHit } from './normalized-scores.ts';
import {
  rankingEvidence,
  rankingEvidenceLength,
  readRankingEvidence,
  type DocumentOutcome,
  type RankingEvidence,
} from './ranking-evidence.ts';

/**
 * Sums of what lists say of the weights of a set of features, for every algorithm that learns them together: always all
 * of it, so that a retriever can change its algorithm and find it trained.
 */
export interface Evidence {
  /** Names the features, and so the meaning of the sums: only sums of one basis can be added up. */
  basis: string;
  sums: readonly number[];
}

/** The basis of these features, in any order. */
export function evidenceBasis(featureUris: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(ascending(featureUris)))
    .digest('base64url')
    .slice(0, 16);
}

/**
 * What one list says.
 * @param outcomes one a hit
 */
export function evidenceOf(
  hits: readonly ScoredHit[],
  outcomes: readonly DocumentOutcome[],
  featureUris: readonly string[],
): Evidence {
  const uris = ascending(featureUris);
  return {
    basis: evidenceBasis(uris),
    sums: [...rankingEvidence(hits, outcomes, uris), ...linearEvidence(hits, outcomes, uris)],
  };
}

/** The parts of the sums on so many features. */
export function readEvidence(
  sums: readonly number[],
  features: number,
): { ranking: RankingEvidence; linear: LinearEvidence } {
  return {
    ranking: readRankingEvidence(sums, features),
    linear: readLinearEvidence(sums.slice(rankingEvidenceLength(features)), features),
  };
}

function ascending(featureUris: readonly string[]): string[] {
  return [...new Set(featureUris)].sort();
}
