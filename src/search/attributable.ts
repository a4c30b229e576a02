import type { FeatureContribution } from '../fusion/ranked-list.ts';
import type { Execution, ShadowRanking } from './execution.ts';

/** Of a shown document, what a feature is credited by. */
export type AttributableFeature = Pick<FeatureContribution, 'featureUri' | 'rank' | 'normalizedScore'>;

export interface AttributableHit {
  documentId: string;
  features: readonly AttributableFeature[];
}

/** Of an execution, what working out takes that its feedback has earned. Every Execution is one. */
export interface Attributable extends Pick<
  Execution,
  'id' | 'retrieverId' | 'retrieverVersion' | 'segment' | 'executedAt' | 'contextValues' | 'rollout' | 'examination'
> {
  shadow: Pick<ShadowRanking, 'documentIds'> | null;
  /** As shown: position 0 first. */
  hits: readonly AttributableHit[];
}

/** An Attributable as it is kept beside its execution, without what has a column: a tenth of the execution's record. */
export interface AttributionRecord extends Pick<
  Execution,
  'retrieverVersion' | 'executedAt' | 'contextValues' | 'rollout' | 'examination'
> {
  /** Document ids of the shadow ranking. */
  shadow: readonly string[] | null;
  /** Column by column: one rank and one normalised score a hit. */
  features: readonly { featureUri: string; ranks: readonly (number | null)[]; scores: readonly number[] }[];
}

/** Null where the hits do not name the same features in the same order, as those of two retrievers that were mixed. */
export function attributionRecord(execution: Execution): AttributionRecord | null {
  const { retrieverVersion, executedAt, contextValues, rollout, examination, shadow, hits } = execution;
  const columns = hits[0]?.features ?? [];
  const isTable = hits.every(
    ({ features }) =>
      features.length === columns.length &&
      features.every(({ featureUri }, index) => featureUri === columns[index]?.featureUri),
  );
  if (!isTable) return null;
  return {
    ...{ retrieverVersion, executedAt, contextValues, rollout, examination },
    shadow: shadow && shadow.documentIds,
    features: columns.map(({ featureUri }, index) => ({
      featureUri,
      ranks: hits.map(({ features }) => features[index]?.rank ?? null),
      scores: hits.map(({ features }) => features[index]?.normalizedScore ?? 0),
    })),
  };
}

/** @param columns what has a column of its own */
export function fromAttributionRecord(
  columns: Pick<Attributable, 'id' | 'retrieverId' | 'segment'> & { documentIds: readonly string[] },
  record: AttributionRecord,
): Attributable {
  const { id, retrieverId, segment, documentIds } = columns;
  const { retrieverVersion, executedAt, contextValues, rollout, examination, shadow, features } = record;
  return {
    ...{ id, retrieverId, segment, retrieverVersion, executedAt, contextValues, rollout, examination },
    shadow: shadow && { documentIds: shadow },
    hits: documentIds.map((documentId, place) => ({
      documentId,
      features: features.map(({ featureUri, ranks, scores }) => ({
        featureUri,
        rank: ranks[place] ?? null,
        normalizedScore: scores[place] ?? 0,
      })),
    })),
  };
}
