import type { Attribution } from '../learning/attribution.ts';
import type { ContextRef } from '../learning/context.ts';
import type { DecayStamp } from '../learning/decay.ts';
import { evidenceOn, type Evidence } from '../learning/evidence.ts';
import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Attributable, AttributableHit } from '../search/attributable.ts';
import type { Signal } from './interaction.ts';

/** What an execution has taught, as it is written down. */
export interface Credit {
  interactions: number;
  /** Feature URI → [rewards, failures]. */
  arms: Record<string, [rewards: number, failures: number]>;
  /** One a hit. */
  outcomes: [reward: number, examined: number][];
}

/** What has come to it since: arms at 0 included. */
export interface Gain extends Pick<Credit, 'interactions' | 'arms'> {
  evidence: Evidence;
}

export function creditOf({ interactions, arms, outcomes }: Attribution): Credit {
  return {
    interactions,
    arms: Object.fromEntries([...arms].map(([featureUri, { rewards, failures }]) => [featureUri, [rewards, failures]])),
    outcomes: outcomes.map(({ reward, examined }) => [reward, examined]),
  };
}

/** What has to be added to `before` to get `now`; null where that is nothing. */
export function creditGained(hits: readonly AttributableHit[], now: Credit, before: Credit | null): Gain | null {
  const interactions = now.interactions - (before?.interactions ?? 0);
  let changed = interactions !== 0;
  const arms: Credit['arms'] = {};
  for (const featureUri of new Set([...Object.keys(now.arms), ...Object.keys(before?.arms ?? {})])) {
    const [rewards, failures] = now.arms[featureUri] ?? [0, 0];
    const [oldRewards, oldFailures] = before?.arms[featureUri] ?? [0, 0];
    arms[featureUri] = [rewards - oldRewards, failures - oldFailures];
    changed ||= rewards !== oldRewards || failures !== oldFailures;
  }
  changed ||= now.outcomes.some(([reward, examined], place) => {
    const [oldReward, oldExamined] = before?.outcomes[place] ?? [0, 0];
    return reward !== oldReward || examined !== oldExamined;
  });
  return changed ? { interactions, arms, evidence: evidenceGained(hits, now, before) } : null;
}

/** The features are those of the credit, also where they found nothing. */
function evidenceGained(hits: readonly AttributableHit[], now: Credit, before: Credit | null): Evidence {
  const evidenceOf = evidenceOn(hits, Object.keys(now.arms));
  const evidenceAt = ({ outcomes }: Credit) => evidenceOf(outcomes.map(([reward, examined]) => ({ reward, examined })));
  const gained = evidenceAt(now);
  if (before === null) return gained;
  const old = evidenceAt(before);
  return { basis: gained.basis, sums: gained.sums.map((sum, index) => sum - (old.sums[index] ?? 0)) };
}

/** When the last of its signals arose, as far as is known, milliseconds since the epoch. */
export function lastChange({ executedAt }: Pick<Attributable, 'executedAt'>, signals: readonly Signal[]): number {
  return signals.reduce((latest, { occurredAt }) => Math.max(latest, occurredAt ?? 0), executedAt);
}

/** See PosteriorDelta. */
interface Origin {
  generation: number;
  changedAt: number | undefined;
}

interface Sum extends Origin {
  retrieverId: string;
  context: ContextRef;
  decay: DecayStamp;
  interactions: number;
  grown: number;
  arms: Map<string, [rewards: number, failures: number]>;
  basis: string;
  evidence: number[];
}

/** A power of 2, so that the sums of what is rounded to it are exact, and do not depend on their order. */
const GROWN_PARTS = 2 ** 20;

/** Adds up, over the executions of a batch, what each context of each retriever gains. */
export class DeltaSum {
  readonly #sums = new Map<string, Sum>();

  add(
    retrieverId: string,
    contexts: readonly ContextRef[],
    gained: Gain,
    decay: DecayStamp,
    { generation, changedAt }: Origin = { generation: 0, changedAt: undefined },
  ): void {
    for (const context of contexts) {
      const { halfLifeHours, epoch } = decay;
      const { basis, sums } = gained.evidence;
      const key = JSON.stringify([retrieverId, context.level, context.key, generation, halfLifeHours, epoch, basis]);
      let sum = this.#sums.get(key);
      if (sum === undefined) {
        const nothing = { interactions: 0, grown: 0, arms: new Map(), evidence: sums.map(() => 0) };
        sum = { retrieverId, context, decay, generation, changedAt, basis, ...nothing };
        this.#sums.set(key, sum);
      }
      if (changedAt !== undefined) sum.changedAt = Math.max(changedAt, sum.changedAt ?? 0);
      addTo(sum, gained, decay.growth);
    }
  }

  deltas(): PosteriorDelta[] {
    return [...this.#sums.values()].map((sum) => ({
      retrieverId: sum.retrieverId,
      context: sum.context,
      ...(sum.generation > 0 && { generation: sum.generation }),
      ...(sum.changedAt !== undefined && { changedAt: sum.changedAt }),
      decay: { halfLifeHours: sum.decay.halfLifeHours, epoch: sum.decay.epoch },
      interactions: sum.interactions,
      ...(sum.decay.halfLifeHours > 0 && { grown: sum.grown }),
      arms: [...sum.arms].map(([featureUri, [rewards, failures]]) => ({ featureUri, rewards, failures })),
      evidence: { basis: sum.basis, sums: sum.evidence },
    }));
  }
}

function addTo(sum: Sum, gained: Gain, growth: number): void {
  sum.interactions += gained.interactions;
  sum.grown += Math.round(growth * gained.interactions * GROWN_PARTS) / GROWN_PARTS;
  for (const [featureUri, [rewards, failures]] of Object.entries(gained.arms)) {
    const [oldRewards, oldFailures] = sum.arms.get(featureUri) ?? [0, 0];
    sum.arms.set(featureUri, [oldRewards + growth * rewards, oldFailures + growth * failures]);
  }
  // Whole numbers, so that the sums do not depend on their order.
  const { sums } = gained.evidence;
  for (const [index, gain] of sums.entries())
    sum.evidence[index] = (sum.evidence[index] ?? 0) + Math.round(growth * gain);
}
