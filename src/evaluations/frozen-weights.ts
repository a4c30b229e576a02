import { setTimeout as sleep } from 'node:timers/promises';
import type { ContextLevel, ContextValues } from '../learning/context.ts';
import type { WeightedArm } from '../learning/learned-weights.ts';
import type { DecidingPosteriors, PosteriorSource } from '../learning/posterior-source.ts';
import { weightedArms } from '../learning/read-learned-weights.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import type { DecidedWeights } from '../search/decide-weights.ts';
import { invariant } from '../shared/invariant.ts';

const MAX_TRIES = 20;
const RETRY_MS = 100;

/** What decided for one context at the start of an evaluation. */
export interface FrozenContext {
  level: ContextLevel;
  hasLearned: boolean;
  arms: readonly WeightedArm[];
}

/** The learned weights of every context that a dataset's queries name, as they were when an evaluation began. */
export interface FrozenWeights {
  /** The newest that was read. */
  version: string;
  /** By the context values as JSON. */
  contexts: Readonly<Record<string, FrozenContext>>;
}

/**
 * Reads them once, so that an evaluation gives the same figures however often it breaks off, and whatever is clicked
 * meanwhile.
 * @throws when they cannot be read in time: figures of half-known weights would mislead
 */
export async function freezeWeights(
  source: PosteriorSource,
  retriever: Retriever,
  contexts: readonly ContextValues[],
): Promise<FrozenWeights> {
  const frozen = new Map<string, FrozenContext>();
  let version = '';
  for (const values of contexts) {
    const key = nameOf(values);
    if (frozen.has(key)) continue;
    const read = await readCompletely(source, retriever, values);
    frozen.set(key, { level: read.level, hasLearned: read.hasLearned, arms: weightedArms(read) });
    if (read.version > version) version = read.version;
  }
  return { version, contexts: Object.fromEntries(frozen) };
}

/** The posterior means as weights: what a draw is on average, without its chance. */
export function frozenDecision(frozen: FrozenWeights, retriever: Retriever, values: ContextValues): DecidedWeights {
  const context = frozen.contexts[nameOf(values)];
  invariant(context, 'the contexts of all queries were frozen');
  const weightOf = new Map(context.arms.map((arm) => [arm.featureUri, arm]));
  const { hasLearned } = context;
  const applied = retriever.stages[0].searches.map(({ featureUri }) => {
    const arm = weightOf.get(featureUri);
    invariant(arm, 'there is an arm for every feature');
    return { featureUri, alpha: arm.alpha, beta: arm.beta, weight: hasLearned ? arm.weight : 1 };
  });
  return {
    // As in a live search: with nothing learned it is reciprocal rank fusion.
    forFusion: hasLearned ? applied.map(({ weight }) => weight) : null,
    applied,
    contextLevel: context.level,
    weightVersion: frozen.version,
    seed: null,
    posterior: null,
    warning: null,
    samplingMs: 0,
  };
}

async function readCompletely(
  source: PosteriorSource,
  retriever: Retriever,
  values: ContextValues,
): Promise<DecidingPosteriors> {
  for (let tries = 1; ; tries++) {
    const read = await source.posteriors(retriever, values);
    if (read.complete && read.warning === null) return read;
    if (tries === MAX_TRIES) throw new Error(`The learned weights of retriever ${retriever.id} cannot be read.`);
    await sleep(RETRY_MS);
  }
}

function nameOf(values: ContextValues): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
