import type { Signal } from '../interactions/interaction.ts';
import type { RewardMap } from '../learning/reward.ts';
import type { Attributable } from '../search/attributable.ts';

/** What people did with one search, from all its signals so far. */
export interface SearchOutcome {
  /** Positions of clicked hits, ascending. */
  clickedAt: readonly number[];
  /** Something was done that the retriever rewards, or penalises. */
  rewarded: boolean;
  penalised: boolean;
}

/** The same as sums over searches, so that what is new since an earlier outcome is a difference. */
export interface OutcomeSums {
  clicked: number;
  interacted: number;
  penalised: number;
  /** Σ 1 / rank of the best click. */
  reciprocalRanks: number;
  clicks: number;
  /** Position → clicked documents. */
  clicksAt: Readonly<Record<number, number>>;
  /** Of searches with a shadow: see ShadowClicks in rollouts/rollout-figures.ts; positions are summed. */
  shadowClicks: number;
  shadowFound: number;
  servedPositions: number;
  shadowPositions: number;
  shadowHigher: number;
  shadowLower: number;
}

/** What a batch adds to the outcomes of a search's minute. */
export interface OutcomeDelta extends OutcomeSums {
  execution: Pick<Attributable, 'id' | 'retrieverId' | 'executedAt' | 'segment' | 'rollout'>;
}

/** Signals on documents that were not shown are ignored, repeated ones change nothing. */
export function outcomeOf(
  { hits }: Pick<Attributable, 'hits'>,
  signals: readonly Signal[],
  rewardMap: RewardMap,
): SearchOutcome {
  const clicked = new Set(signals.filter(({ type }) => type === 'CLICK').map(({ documentId }) => documentId));
  const counted = signals.filter(
    ({ documentId }) => documentId === '' || hits.some((hit) => hit.documentId === documentId),
  );
  return {
    clickedAt: [...hits.keys()].filter((position) => clicked.has(hits[position]?.documentId ?? '')),
    rewarded: counted.some(({ type }) => rewardMap[type] > 0),
    penalised: counted.some(({ type }) => rewardMap[type] < 0),
  };
}

/** What to add to the sums, now that an outcome is `now` and was `before`; null where that is nothing. */
export function outcomeGained(
  execution: Pick<Attributable, 'hits' | 'shadow'>,
  now: SearchOutcome,
  before: SearchOutcome | null,
): OutcomeSums | null {
  if (before !== null && JSON.stringify(sorted(now)) === JSON.stringify(sorted(before))) return null;
  const after = sumsOf(execution, now);
  return before === null ? (isNothing(now) ? null : after) : subtract(after, sumsOf(execution, before));
}

/** Keys in one order, whatever a store made of it. */
function sorted({ clickedAt, rewarded, penalised }: SearchOutcome): unknown[] {
  return [clickedAt, rewarded, penalised];
}

function isNothing({ clickedAt, rewarded, penalised }: SearchOutcome): boolean {
  return clickedAt.length === 0 && !rewarded && !penalised;
}

function sumsOf({ hits, shadow }: Pick<Attributable, 'hits' | 'shadow'>, outcome: SearchOutcome): OutcomeSums {
  const { clickedAt } = outcome;
  const best = clickedAt[0];
  const moves = clickedAt.flatMap((served) => {
    const inShadow = shadow?.documentIds.indexOf(hits[served]?.documentId ?? '') ?? -1;
    return inShadow === -1 ? [] : { served, inShadow };
  });
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    clicked: clickedAt.length > 0 ? 1 : 0,
    interacted: outcome.rewarded ? 1 : 0,
    penalised: outcome.penalised ? 1 : 0,
    reciprocalRanks: best === undefined ? 0 : 1 / (best + 1),
    clicks: clickedAt.length,
    clicksAt: Object.fromEntries(clickedAt.map((position) => [position, 1])),
    shadowClicks: shadow === null ? 0 : clickedAt.length,
    shadowFound: moves.length,
    servedPositions: total(moves.map(({ served }) => served)),
    shadowPositions: total(moves.map(({ inShadow }) => inShadow)),
    shadowHigher: moves.filter(({ served, inShadow }) => inShadow < served).length,
    shadowLower: moves.filter(({ served, inShadow }) => inShadow > served).length,
  };
}

function subtract(now: OutcomeSums, before: OutcomeSums): OutcomeSums {
  const positions = new Set([...Object.keys(now.clicksAt), ...Object.keys(before.clicksAt)].map(Number));
  return {
    clicked: now.clicked - before.clicked,
    interacted: now.interacted - before.interacted,
    penalised: now.penalised - before.penalised,
    reciprocalRanks: now.reciprocalRanks - before.reciprocalRanks,
    clicks: now.clicks - before.clicks,
    clicksAt: Object.fromEntries(
      [...positions].map((position) => [position, (now.clicksAt[position] ?? 0) - (before.clicksAt[position] ?? 0)]),
    ),
    shadowClicks: now.shadowClicks - before.shadowClicks,
    shadowFound: now.shadowFound - before.shadowFound,
    servedPositions: now.servedPositions - before.servedPositions,
    shadowPositions: now.shadowPositions - before.shadowPositions,
    shadowHigher: now.shadowHigher - before.shadowHigher,
    shadowLower: now.shadowLower - before.shadowLower,
  };
}
