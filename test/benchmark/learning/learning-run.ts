import type { Signal } from '../../../src/interactions/interaction.ts';
import { contextValues, type ContextValues } from '../../../src/learning/context.ts';
import type { LearningConfig } from '../../../src/learning/learning-config.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import type { Split } from './baselines.ts';
import { simulateClicks, type ClickModel } from './click-models.ts';
import { ndcg, rank, type PreparedQuery } from './prepared-query.ts';
import { SimulatedExamination } from './simulated-examination.ts';
import { SimulatedLearner } from './simulated-learner.ts';

/** Searches come one a minute. */
export const SEARCH_MS = 60_000;

export interface LearningRun {
  config: LearningConfig;
  featureUris: readonly string[];
  clickModel: ClickModel;
  split: Split;
  seed: number;
  /** Searches after which the held-out half is judged, ascending; 0: before the first. */
  marks: readonly number[];
  /** How many searches later feedback arrives. Default 0. */
  delay?: number;
  /** Whether contexts may be named by features of the query. Default false. */
  byQuery?: boolean;
}

export interface LearningCurve {
  /** nDCG@10 of the mean weights on the held-out half, at each mark. */
  heldOut: number[];
  /** Mean nDCG@10 of what was shown on the way. */
  online: number;
}

/** Searches of the learning half, clicked by the model, teach one context; the held-out half tells how well. */
export function runLearning({
  config,
  featureUris,
  clickModel,
  split,
  seed,
  marks,
  delay = 0,
  byQuery = false,
}: LearningRun): LearningCurve {
  const rng = seededRng(`learning ${seed}`);
  const learner = new SimulatedLearner(config, featureUris);
  const late: (() => void)[] = [];
  const heldOut: number[] = [];
  const searches = marks.at(-1) ?? 0;
  const examination = new SimulatedExamination(config.positionBias === 'EXAMINATION_CURVE');
  let shown = 0;
  if (marks[0] === 0) heldOut.push(judge(0));
  for (let search = 1; search <= searches; search++) {
    const query = split.learning[Math.floor(rng.next() * split.learning.length)]!;
    const now = search * SEARCH_MS;
    const ranking = rank(query, learner.draw(valuesOf(query), now, rng));
    shown += ndcg(query, ranking);
    const hits = ranking.map((place) => query.hits[place]!);
    const clicks = simulateClicks(
      clickModel,
      ranking.map((place) => query.relevance[place]!),
      rng,
    );
    const signals = clicks.map((position) => clickOn(hits[position]!.documentId));
    const curve = examination.curve;
    examination.observe(query.text, hits, clicks);
    late.push(() => learner.learn(hits, signals, valuesOf(query), now, curve));
    if (late.length > delay) late.shift()?.();
    if (marks.includes(search)) heldOut.push(judge(now));
  }
  return { heldOut, online: shown / searches };

  function valuesOf({ text }: PreparedQuery): ContextValues {
    return byQuery ? contextValues({ userId: null, segment: null, inputs: { query: text } }, config) : {};
  }

  function judge(now: number): number {
    const weights = new Map<string, number[] | null>();
    let sum = 0;
    for (const query of split.heldOut) {
      const values = valuesOf(query);
      const kind = JSON.stringify(values);
      if (!weights.has(kind)) weights.set(kind, learner.mean(values, now));
      sum += ndcg(query, rank(query, weights.get(kind) ?? null));
    }
    return sum / split.heldOut.length;
  }
}

export function clickOn(documentId: string): Signal {
  return { documentId, type: 'CLICK', durationMs: null };
}
