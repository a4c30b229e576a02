import { meanWeights } from '../learning/weight-posterior.ts';
import type { Execution } from '../search/execution.ts';
import type { OutcomeDelta } from './search-outcome.ts';

/** As much of a query as the lists of slow and of empty searches show. */
const MAX_QUERY_LENGTH = 500;

/** What of an execution is summed up, beside the columns that it is looked up by: migration 0003 says what each is. */
export function summedColumns(execution: Execution): object {
  const { rollout, shadow, timing, weights } = execution;
  const overlaps = shadow?.agreement;
  const features = weights.map(({ featureUri }) => featureUri);
  const timed = new Map(timing.searches.map((search) => [search.featureUri, search]));
  return {
    arm: rollout?.arm ?? '',
    rollout_reason: rollout?.reason ?? '',
    rollout_revision: rollout?.revision ?? 0,
    query: queryOf(execution),
    embedding_ms: timing.embeddingMs,
    fusion_ms: timing.fusionMs,
    sampling_ms: timing.samplingMs,
    features,
    feature_ms: features.map((uri) => timed.get(uri)?.ms ?? 0),
    feature_candidates: features.map((uri) => timed.get(uri)?.candidates ?? 0),
    ...partsInHits(execution, features),
    feature_weights: weights.map(({ weight }) => weight),
    feature_means: meansOf(execution),
    shadow_overlaps: overlaps
      ? [overlaps.overlapAt1, overlaps.overlapAt3, overlaps.overlapAt5, overlaps.overlapAt10]
      : [],
    shadow_correlation: overlaps?.rankCorrelation ?? null,
  };
}

/** The rows of outcome_minutes. */
export function outcomeRow(delta: OutcomeDelta): object {
  const { execution, clicksAt } = delta;
  const positions = Object.entries(clicksAt).filter(([, clicks]) => clicks !== 0);
  return {
    retriever_id: execution.retrieverId,
    minute: Math.floor(execution.executedAt / 60_000) * 60,
    arm: execution.rollout?.arm ?? '',
    reason: execution.rollout?.reason ?? '',
    revision: execution.rollout?.revision ?? 0,
    segment: execution.segment ?? '',
    clicked: delta.clicked,
    interacted: delta.interacted,
    penalised: delta.penalised,
    reciprocal_ranks: delta.reciprocalRanks,
    clicks: delta.clicks,
    clicks_at: [positions.map(([position]) => Number(position)), positions.map(([, clicks]) => clicks)],
    shadow_clicks: delta.shadowClicks,
    shadow_found: delta.shadowFound,
    served_positions: delta.servedPositions,
    shadow_positions: delta.shadowPositions,
    shadow_higher: delta.shadowHigher,
    shadow_lower: delta.shadowLower,
  };
}

/** What the weights were drawn about; the weights themselves where they were not drawn. */
function meansOf({ posterior, weights }: Execution): number[] {
  if (posterior === null) return weights.map(({ weight }) => weight);
  const means = meanWeights(posterior);
  const meanOf = new Map(posterior.featureUris.map((uri, index) => [uri, means[index]]));
  return weights.map(({ featureUri, weight }) => meanOf.get(featureUri) ?? weight);
}

/** The input named query where it is a text, else all inputs. */
function queryOf({ inputs }: Execution): string {
  const query = inputs['query'];
  return (typeof query === 'string' ? query : JSON.stringify(inputs)).slice(0, MAX_QUERY_LENGTH);
}

/** Hits that each feature found, and its share of what all of them contributed to the hits' scores. */
function partsInHits({ hits }: Execution, features: readonly string[]): object {
  const found = new Map(features.map((uri) => [uri, 0]));
  const contributed = new Map(features.map((uri) => [uri, 0]));
  let total = 0;
  for (const { featureUri, rank, contribution } of hits.flatMap((hit) => hit.features)) {
    if (rank !== null) found.set(featureUri, (found.get(featureUri) ?? 0) + 1);
    contributed.set(featureUri, (contributed.get(featureUri) ?? 0) + contribution);
    total += contribution;
  }
  return {
    feature_hits: features.map((uri) => found.get(uri) ?? 0),
    feature_shares: features.map((uri) => (total > 0 ? (contributed.get(uri) ?? 0) / total : 0)),
  };
}
