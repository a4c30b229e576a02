import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { linearEvidenceOn, readLinearEvidence, type LinearEvidence } from './linear-evidence.ts';
import { scoreTable, type ScoredHit } from './normalized-scores.ts';
import {
  rankingEvidenceLength,
  rankingEvidenceOn,
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

/** Every list of a retriever asks for the same one. */
const knownBases = new LRUCache<string, string>({ max: 1_000 });

/** The basis of these features, in any order. */
export function evidenceBasis(featureUris: readonly string[]): string {
  const name = JSON.stringify(ascending(featureUris));
  const basis = knownBases.get(name) ?? createHash('sha256').update(name).digest('base64url').slice(0, 16);
  knownBases.set(name, basis);
  return basis;
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
  return evidenceOn(hits, featureUris)(outcomes);
}

/** The same for several outcomes of one list. */
export function evidenceOn(
  hits: readonly ScoredHit[],
  featureUris: readonly string[],
): (outcomes: readonly DocumentOutcome[]) => Evidence {
  const uris = ascending(featureUris);
  const basis = evidenceBasis(uris);
  const table = scoreTable(hits, uris);
  const rankingOf = rankingEvidenceOn(table);
  return (outcomes) => ({
    basis,
    sums: [...rankingOf(outcomes), ...linearEvidenceOn(table, outcomes)],
  });
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
