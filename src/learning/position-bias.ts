import type { Signal } from '../interactions/interaction.ts';

/**
 * Which shown documents count as looked at:
 * - SCAN_DEPTH: everything down to one below the last interaction.
 * - EXAMINATION_CURVE: everything down to the last interaction, and below it by how likely each position is looked at.
 * - NONE: everything that was shown.
 */
export const positionBiases = ['SCAN_DEPTH', 'EXAMINATION_CURVE', 'NONE'] as const;

export type PositionBias = (typeof positionBiases)[number];

/** A share below this is none: it would only be noise. */
const SMALLEST_SHARE = 0.05;

/**
 * How likely it is that a person looked at each shown document, and so could have chosen it: only that counts as an
 * impression.
 *
 * Where the client reports views, it is what was viewed or interacted with. Where it reports how far down the list the
 * person scrolled, it is everything down to there, and to the last interaction. Else it is everything down to the last
 * interaction and one below it: people scan from the top and look about one result past the one they choose (Joachims et
 * al., "Accurately Interpreting Clickthrough Data as Implicit Feedback", SIGIR 2005); or, by the curve, what lies below it
 * with the probability of its position given that the last one was looked at. Without any of these nothing is known to
 * have been seen.
 * @param shown document ids, position 0 first
 * @param curve that was in force when they were shown: probability by position; null: none, so that SCAN_DEPTH holds
 * @returns 0 to 1, one a shown document
 */
export function examinedShares(
  shown: readonly string[],
  signals: readonly Signal[],
  bias: PositionBias,
  curve: readonly number[] | null,
): number[] {
  if (bias === 'NONE') return shown.map(() => (signals.length > 0 ? 1 : 0));
  const touched = new Set(signals.map(({ documentId }) => documentId));
  const viewsReported = signals.some(({ documentId, type }) => type === 'VIEW' && shown.includes(documentId));
  if (viewsReported) return shown.map((documentId) => (touched.has(documentId) ? 1 : 0));

  const last = shown.findLastIndex((documentId) => touched.has(documentId));
  const reached = scrolledTo(shown, signals);
  if (reached !== null) return shown.map((_, position) => (position <= last || position < reached ? 1 : 0));
  if (last < 0) return shown.map(() => 0);
  return shown.map((_, position) => {
    if (position <= last) return 1;
    if (bias === 'EXAMINATION_CURVE' && curve !== null) return shareGiven(curve, position, last);
    return position === last + 1 ? 1 : 0;
  });
}

/** How many documents were on the screen at some time; null where nobody said. */
function scrolledTo(shown: readonly string[], signals: readonly Signal[]): number | null {
  const depths = signals.flatMap(({ type, depth }) => (type === 'SCROLL_DEPTH' ? (depth ?? []) : []));
  return depths.length === 0 ? null : Math.ceil(Math.max(...depths) * shown.length);
}

/** The probability of a position given that one above it was looked at, in whole hundredths. */
function shareGiven(curve: readonly number[], position: number, above: number): number {
  const at = (place: number) => curve[Math.min(place, curve.length - 1)] ?? 0;
  const share = at(above) > 0 ? Math.min(1, at(position) / at(above)) : 0;
  return share < SMALLEST_SHARE ? 0 : Math.round(share * 100) / 100;
}
