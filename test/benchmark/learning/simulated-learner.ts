import { DeltaSum, creditGained, creditOf } from '../../../src/interactions/posterior-deltas.ts';
import type { Signal } from '../../../src/interactions/interaction.ts';
import { attribute } from '../../../src/learning/attribution.ts';
import { trainedContexts, type ContextRef, type ContextValues } from '../../../src/learning/context.ts';
import { decayStamp, fadeOf } from '../../../src/learning/decay.ts';
import { decidePosterior, decidingContexts } from '../../../src/learning/decide-posterior.ts';
import type { LearningConfig } from '../../../src/learning/learning-config.ts';
import type { ArmTotals, ContextTotals, PosteriorDelta } from '../../../src/learning/posterior-store.ts';
import { drawWeights, meanWeights, type WeightPosterior } from '../../../src/learning/weight-posterior.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import type { Rng } from '../../../src/shared/rng.ts';

/**
 * The learner of the product without its stores: the same functions from a click to a drawn weight, with sums in memory.
 */
export class SimulatedLearner {
  readonly #config: LearningConfig;
  readonly #featureUris: readonly string[];
  readonly #sums = new Map<string, { deltas: Map<string, PosteriorDelta>; changedAt: number }>();

  constructor(config: LearningConfig, featureUris: readonly string[]) {
    this.#config = config;
    this.#featureUris = featureUris;
  }

  /** Weights for one search, in the order of the features; null: nothing learned yet. */
  draw(values: ContextValues, now: number, rng: Rng): number[] | null {
    const posterior = this.#posterior(values, now);
    return posterior === null ? null : drawWeights(posterior, rng);
  }

  /** What weights are on average; null: nothing learned yet. */
  mean(values: ContextValues, now: number): number[] | null {
    const posterior = this.#posterior(values, now);
    return posterior === null ? null : meanWeights(posterior);
  }

  /** @param examination see position-bias.ts */
  learn(
    hits: readonly ExecutedHit[],
    signals: readonly Signal[],
    values: ContextValues,
    at: number,
    examination: readonly number[] | null = null,
  ): void {
    if (signals.length === 0) return;
    const { arms, ...earned } = attribute({ hits, examination }, signals, this.#config);
    const all = this.#featureUris.map((uri) => [uri, arms.get(uri) ?? { rewards: 0, failures: 0 }] as const);
    const gained = creditGained(hits, creditOf({ ...earned, arms: new Map(all) }), null);
    if (gained === null) return;
    const sum = new DeltaSum();
    sum.add('', trainedContexts(this.#config, values), gained, decayStamp(this.#config.decayHalfLifeHours, at));
    for (const delta of sum.deltas()) this.#add(delta, at);
  }

  #posterior(values: ContextValues, now: number): WeightPosterior | null {
    const stage = {
      learningConfig: this.#config,
      searches: this.#featureUris.map((featureUri) => ({ featureUri })),
    };
    const contexts = decidingContexts(stage, values);
    const { hasLearned, weights } = decidePosterior(
      stage,
      contexts,
      contexts.map((context) => this.#totals(context)),
      now,
    );
    return hasLearned ? weights : null;
  }

  #add(delta: PosteriorDelta, at: number): void {
    const key = `${delta.context.level} ${delta.context.key}`;
    const sums = this.#sums.get(key) ?? { deltas: new Map<string, PosteriorDelta>(), changedAt: 0 };
    this.#sums.set(key, sums);
    sums.changedAt = Math.max(sums.changedAt, at);
    const epoch = String(delta.decay.epoch);
    const known = sums.deltas.get(epoch);
    sums.deltas.set(epoch, known === undefined ? delta : merge(known, delta));
  }

  #totals({ level, key }: ContextRef): ContextTotals | null {
    const sums = this.#sums.get(`${level} ${key}`);
    if (sums === undefined) return null;
    const arms = new Map<string, ArmTotals>();
    let evidence: { basis: string; sums: number[] } | null = null;
    let [interactions, faded] = [0, 0];
    for (const delta of sums.deltas.values()) {
      const fade = fadeOf(delta.decay, sums.changedAt);
      interactions += delta.interactions;
      faded += fade * (delta.grown ?? delta.interactions);
      for (const { featureUri, rewards, failures } of delta.arms) {
        const sum = arms.get(featureUri) ?? { rewards: 0, failures: 0 };
        arms.set(featureUri, { rewards: sum.rewards + fade * rewards, failures: sum.failures + fade * failures });
      }
      const before: readonly number[] = evidence?.sums ?? [];
      evidence = {
        basis: delta.evidence.basis,
        sums: delta.evidence.sums.map((sum, index) => fade * sum + (before[index] ?? 0)),
      };
    }
    return { interactions, faded, changedAt: sums.changedAt, arms, evidence: evidence === null ? [] : [evidence] };
  }
}

function merge(one: PosteriorDelta, other: PosteriorDelta): PosteriorDelta {
  return {
    ...one,
    interactions: one.interactions + other.interactions,
    ...(one.grown !== undefined && { grown: one.grown + (other.grown ?? 0) }),
    arms: one.arms.map((arm) => {
      const more = other.arms.find(({ featureUri }) => featureUri === arm.featureUri);
      return {
        ...arm,
        rewards: arm.rewards + (more?.rewards ?? 0),
        failures: arm.failures + (more?.failures ?? 0),
      };
    }),
    evidence: {
      basis: one.evidence.basis,
      sums: one.evidence.sums.map((sum, index) => sum + (other.evidence.sums[index] ?? 0)),
    },
  };
}
