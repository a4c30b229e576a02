import { fuseAgain } from '../fusion/fuse.ts';
import { bestFirst } from '../fusion/normalise.ts';
import type { FusedHit } from '../fusion/ranked-list.ts';
import { drawWeights } from '../learning/weight-posterior.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { seededRng } from '../shared/rng.ts';
import type { Execution } from './execution.ts';

/** A recorded search, worked out once more from its record. */
export interface Replay {
  /** Weights, scores and order came out as recorded, bit for bit. */
  identical: boolean;
  /** Drawn again; where the search drew none, as applied. In the order of the searches. */
  weights: readonly { featureUri: string; weight: number }[];
  /** Of the recorded hits, in the order of the scores worked out again. */
  documentIds: readonly string[];
  /** What came out differently, in sentences; empty where it is identical. */
  differences: readonly string[];
}

/** More of them would only say the same again. */
const MAX_DIFFERENCES = 20;

/**
 * Draws the weights again from the recorded posterior and seed, fuses the recorded hits again by their features' ranks
 * and scores, and compares with what was shown. Pure: needs no index, and nothing that was learned since.
 *
 * Where a stage sorted by an attribute, the order is the attribute's and stays as it was shown.
 * @param retriever in the version that ran; null where it is gone
 */
export function replayExecution(execution: Execution, retriever: Retriever | null): Replay {
  if (retriever === null) return notReplayable(execution, 'The version of the retriever that ran is gone.');
  const drawn = drawAgain(execution);
  if (drawn === null) {
    return notReplayable(execution, 'The search was recorded without the posterior that its weights were drawn from.');
  }
  const weights = execution.weights.map(({ featureUri, weight }) => ({
    featureUri,
    weight: drawn === 'none' ? weight : (drawn.get(featureUri) ?? 0),
  }));
  const again = fuseHits(execution, retriever, weights, drawn !== 'none');
  const documentIds = orderedAgain(execution, retriever, again);
  const differences = [
    ...weightDifferences(execution, weights),
    ...scoreDifferences(execution, again),
    ...orderDifferences(execution, documentIds),
  ].slice(0, MAX_DIFFERENCES);
  return { identical: differences.length === 0, weights, documentIds, differences };
}

function notReplayable({ weights, hits }: Execution, difference: string): Replay {
  return {
    identical: false,
    weights: weights.map(({ featureUri, weight }) => ({ featureUri, weight })),
    documentIds: hits.map(({ documentId }) => documentId),
    differences: [difference],
  };
}

/** Feature URI → weight; 'none' where the search drew none; null where it did, and what from was not recorded. */
function drawAgain({ fusion, contextLevel, posterior, seed }: Execution): ReadonlyMap<string, number> | 'none' | null {
  if (fusion !== 'LEARNED' || (contextLevel === 'PRIOR' && posterior === null)) return 'none';
  if (posterior === null || seed === null) return null;
  const weights = drawWeights(posterior, seededRng(seed));
  return new Map(posterior.featureUris.map((featureUri, index) => [featureUri, weights[index] ?? 0]));
}

function fuseHits(
  { fusion, hits }: Execution,
  retriever: Retriever,
  weights: Replay['weights'],
  isDrawn: boolean,
): FusedHit[] {
  const { rankConstant, rawScores } = retriever.stages[0];
  // A learned search that drew nothing was fused by the fusion's own default.
  const given = fusion === 'LEARNED' && !isDrawn ? null : weights.map(({ weight }) => weight);
  return fuseAgain(fusion, hits, { weights: given, rankConstant, rawScores });
}

/** Where one feature alone found anything, its order stood: fusion has nothing to say there. */
function orderedAgain({ hits, timing }: Execution, retriever: Retriever, again: readonly FusedHit[]): string[] {
  const sorted = retriever.stages.some(({ kind }) => kind === 'sortAttribute');
  const finders = timing.searches.filter(({ candidates }) => candidates > 0);
  if (sorted) return hits.map(({ documentId }) => documentId);
  const [only] = finders;
  const rankOf = ({ features }: FusedHit) =>
    features.find(({ featureUri }) => featureUri === only?.featureUri)?.rank ?? Infinity;
  const inOrder = again.toSorted(finders.length > 1 ? bestFirst : (one, other) => rankOf(one) - rankOf(other));
  return inOrder.map(({ documentId }) => documentId);
}

function weightDifferences({ weights }: Execution, again: Replay['weights']): string[] {
  return weights.flatMap(({ featureUri, weight }, index) =>
    again[index]?.weight === weight
      ? []
      : [`The weight of ${featureUri} was ${weight}, and comes out as ${again[index]?.weight}.`],
  );
}

function scoreDifferences({ hits }: Execution, again: readonly FusedHit[]): string[] {
  return hits.flatMap(({ documentId, score, features }, place) => {
    const twin = again[place];
    const same =
      twin?.score === score &&
      features.every((feature, index) => {
        const other = twin.features[index];
        return other?.weight === feature.weight && other.contribution === feature.contribution;
      });
    return same ? [] : [`The score of ${documentId} was ${score}, and comes out as ${twin?.score}.`];
  });
}

function orderDifferences({ hits }: Execution, documentIds: readonly string[]): string[] {
  const place = hits.findIndex(({ documentId }, index) => documentId !== documentIds[index]);
  if (place === -1) return [];
  return [`Position ${place} held ${hits[place]?.documentId}, and comes out as ${documentIds[place]}.`];
}
