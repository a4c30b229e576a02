import { LRUCache } from 'lru-cache';
import { outcomeOf } from '../analytics/search-outcome.ts';
import { attribute } from '../learning/attribution.ts';
import { trainedContexts } from '../learning/context.ts';
import { decayStamp } from '../learning/decay.ts';
import type { LearningConfig } from '../learning/learning-config.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import { trains } from '../rollouts/decide-rollout.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Signal } from './interaction.ts';
import type { PrepareAttribution } from './outbox.ts';
import { generationOf, type Generations } from './posterior-generation.ts';

/** What attribution needs of a version of a retriever. */
interface Ruling {
  config: LearningConfig;
  featureUris: readonly string[];
}

const VERSIONS_KEPT = 10_000;
const HOUR_MS = 3_600_000;

/**
 * Attributes by the retriever version that an execution ran, so that a later change of rewards or credit leaves what
 * was earned before untouched, unless it was rebuilt since. People who opted out are counted, but train nothing. Every
 * feature of the version that ran gets totals, also those that found nothing.
 */
export function createAttribution(deps: { retrievers: Pick<RetrieverStore, 'version'> }): PrepareAttribution {
  // A version never changes once written.
  const known = new LRUCache<string, Ruling>({ max: VERSIONS_KEPT });

  return async (executions, generations = new Map()) => {
    const rulings = new Map<string, Ruling>();
    const asked = executions.flatMap((execution) =>
      [execution.retrieverVersion, rulingVersion(execution, generations)].map((version): [string, [string, number]] => [
        versionKey(execution.retrieverId, version),
        [execution.retrieverId, version],
      ]),
    );
    await Promise.all(
      [...new Map(asked)].map(async ([key, [retrieverId, version]]) => {
        const ruling = known.get(key) ?? (await fetchRuling(deps.retrievers, retrieverId, version));
        if (ruling === null) return;
        known.set(key, ruling);
        rulings.set(key, ruling);
      }),
    );
    return (execution, signals) => {
      const ran = rulings.get(versionKey(execution.retrieverId, execution.retrieverVersion));
      const ruling = rulings.get(versionKey(execution.retrieverId, rulingVersion(execution, generations)));
      if (ran === undefined || ruling === undefined) return null;
      const inTime = signals.filter((signal) => isInTime(signal, execution, ruling.config));
      const { interactions, arms, outcomes } = attribute(execution, inTime, ruling.config);
      const none = ran.featureUris.map((featureUri) => [featureUri, { rewards: 0, failures: 0 }] as const);
      return {
        interactions,
        arms: new Map([...none, ...arms]),
        outcomes,
        decay: decayStamp(ruling.config.decayHalfLifeHours, execution.executedAt),
        contexts:
          execution.rollout === null || trains(execution.rollout)
            ? trainedContexts(ruling.config, execution.contextValues)
            : [],
        searchOutcome: outcomeOf(execution, signals, ruling.config.rewardMap),
      };
    };
  };
}

async function fetchRuling(
  retrievers: Pick<RetrieverStore, 'version'>,
  retrieverId: string,
  version: number,
): Promise<Ruling | null> {
  const retriever = await retrievers.version(retrieverId, version);
  if (retriever === null) return null;
  const [{ searches, learningConfig }] = retriever.stages;
  return { config: learningConfig, featureUris: searches.map(({ featureUri }) => featureUri) };
}

/** A signal of unknown time is taken for one in time. */
function isInTime(
  { occurredAt }: Signal,
  { executedAt }: Pick<Attributable, 'executedAt'>,
  { rewardWindowHours }: Pick<LearningConfig, 'rewardWindowHours'>,
): boolean {
  return (occurredAt ?? executedAt) - executedAt <= rewardWindowHours * HOUR_MS;
}

type Ran = Pick<Attributable, 'retrieverId' | 'retrieverVersion'>;

/** The version whose learning config holds for an execution: its own, or that of a later rebuild. */
function rulingVersion({ retrieverId, retrieverVersion }: Ran, generations: Generations): number {
  return Math.max(retrieverVersion, generationOf(generations, retrieverId).ruledBy);
}

function versionKey(retrieverId: string, version: number): string {
  return `${retrieverId} ${version}`;
}
