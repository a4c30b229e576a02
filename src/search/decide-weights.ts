import { normalisedWeights } from '../fusion/weights.ts';
import type { ContextLevel, ContextValues } from '../learning/context.ts';
import type { PosteriorSource } from '../learning/posterior-source.ts';
import { drawWeights as drawFrom, type WeightPosterior } from '../learning/weight-posterior.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { stopwatch } from '../shared/clock.ts';
import { seededRng } from '../shared/rng.ts';
import type { AppliedWeight } from './execution.ts';

/** What the lists of one search are fused with. */
export interface DecidedWeights {
  /** One a search, in their order. Null: the fusion's own default. */
  forFusion: readonly number[] | null;
  applied: readonly AppliedWeight[];
  /** The next three are null where the fusion is static. */
  contextLevel: ContextLevel | null;
  weightVersion: string | null;
  seed: string | null;
  /** What the weights were drawn from; null where nothing was drawn. */
  posterior: WeightPosterior | null;
  warning: string | null;
  samplingMs: number;
}

/** The weights that the retriever fixes, or a draw from what was learned for these context values. */
export async function decideWeights(
  source: PosteriorSource,
  retriever: Retriever,
  values: ContextValues,
  seed: string,
): Promise<DecidedWeights> {
  const [stage] = retriever.stages;
  return stage.fusion === 'LEARNED' ? drawWeights(source, retriever, values, seed) : fixedWeights(retriever);
}

function fixedWeights(retriever: Retriever): DecidedWeights {
  const [{ searches, learningConfig, fusion }] = retriever.stages;
  const given = searches.map((search) => search.weight ?? 1);
  const weights = fusion === 'WEIGHTED' ? normalisedWeights(given) : given;
  return {
    forFusion: weights,
    applied: searches.map(({ featureUri }, index) => ({
      featureUri,
      weight: weights[index] ?? 1,
      alpha: learningConfig.priorAlpha,
      beta: learningConfig.priorBeta,
    })),
    contextLevel: null,
    weightVersion: null,
    seed: null,
    posterior: null,
    warning: null,
    samplingMs: 0,
  };
}

async function drawWeights(
  source: PosteriorSource,
  retriever: Retriever,
  values: ContextValues,
  seed: string,
): Promise<DecidedWeights> {
  const { level, hasLearned, version, arms, weights, warning } = await source.posteriors(retriever, values);
  const elapsed = stopwatch();
  const drawn = !hasLearned ? null : drawFrom(weights, seededRng(seed));
  const samplingMs = elapsed();
  const weightOf = new Map(drawn?.map((weight, index) => [weights.featureUris[index], weight]));
  const posteriorOf = new Map(arms.map((arm) => [arm.featureUri, arm]));
  const [{ searches, learningConfig }] = retriever.stages;
  const applied = searches.map(({ featureUri }): AppliedWeight => {
    const { alpha, beta } = posteriorOf.get(featureUri) ?? {
      alpha: learningConfig.priorAlpha,
      beta: learningConfig.priorBeta,
    };
    return { featureUri, weight: drawn === null ? 1 : (weightOf.get(featureUri) ?? 0), alpha, beta };
  });
  return {
    // Where nothing was learned yet no draw is better than another: the fusion's default is RRF.
    forFusion: drawn === null ? null : applied.map(({ weight }) => weight),
    applied,
    contextLevel: level,
    weightVersion: version,
    seed,
    posterior: drawn === null ? null : weights,
    warning,
    samplingMs,
  };
}
