import type { PositionSums, SearchSums } from './analytics-store.ts';

/** What searches came to, as shares of them: 0 to 1 each, 0 where there was none. */
export interface Rates {
  /** With a click. */
  ctr: number;
  /** Mean of 1 / rank of the best click: 0 for a search without one. */
  mrr: number;
  /** The same over searches with a click. */
  mrrOfClicked: number;
  /** With something that the retriever rewards, or penalises. */
  interactionRate: number;
  penaltyRate: number;
  zeroResultRate: number;
}

export function ratesOf(sums: SearchSums): Rates {
  const { searches, clicked, reciprocalRanks, interacted, penalised, zeroResults } = sums;
  const of = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    ctr: of(clicked, searches),
    mrr: of(reciprocalRanks, searches),
    mrrOfClicked: of(reciprocalRanks, clicked),
    interactionRate: of(interacted, searches),
    penaltyRate: of(penalised, searches),
    zeroResultRate: of(zeroResults, searches),
  };
}

export interface PositionCtr {
  /** From 0. */
  position: number;
  /** Searches that showed a hit there, and those of them in which it was clicked. */
  shown: number;
  clicks: number;
  ctr: number;
}

/** How often the hit at each of the first 20 positions was clicked. */
export function positionCurve({ shownAt, clicksAt }: PositionSums): PositionCtr[] {
  return shownAt.map((shown, position) => {
    const clicks = clicksAt[position] ?? 0;
    return { position, shown, clicks, ctr: shown === 0 ? 0 : clicks / shown };
  });
}
