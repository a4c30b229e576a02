import type { Rng } from '../../../src/shared/rng.ts';

/**
 * How simulated people click, from what they click at all given a document's relevance from 0 to 1, and whether they stop
 * after a click. Cascade models: Chuklin, Markov and de Rijke, "Click Models for Web Search", 2015; their perfect,
 * navigational and informational users: Hofmann, Whiteson and de Rijke, "Balancing Exploration and Exploitation in
 * Listwise and Pairwise Online Learning to Rank", Information Retrieval 16(1), 2013.
 */
interface Cascade {
  click: readonly [irrelevant: number, relevant: number];
  stop: readonly [irrelevant: number, relevant: number];
}

const cascades = {
  perfect: { click: [0, 1], stop: [0, 0] },
  navigational: { click: [0.05, 0.95], stop: [0.2, 0.9] },
  informational: { click: [0.4, 0.9], stop: [0.1, 0.5] },
} as const satisfies Record<string, Cascade>;

export const clickModels = ['perfect', 'navigational', 'informational', 'position-based'] as const;
export type ClickModel = (typeof clickModels)[number];

/** @param relevance of the shown documents, top first. @returns the positions clicked, ascending */
export function simulateClicks(model: ClickModel, relevance: readonly number[], rng: Rng): number[] {
  return model === 'position-based' ? clicksByPosition(relevance, rng) : cascade(cascades[model], relevance, rng);
}

function cascade({ click, stop }: Cascade, relevance: readonly number[], rng: Rng): number[] {
  const clicked: number[] = [];
  for (const [position, grade] of relevance.entries()) {
    if (rng.next() >= between(click, grade)) continue;
    clicked.push(position);
    if (rng.next() < between(stop, grade)) break;
  }
  return clicked;
}

/** Looked at with probability 1 / rank, whatever was clicked above (Craswell et al., WSDM 2008), then clicked by relevance. */
function clicksByPosition(relevance: readonly number[], rng: Rng): number[] {
  return [...relevance.keys()].filter(
    (position) => rng.next() < 1 / (position + 1) && rng.next() < between([0.1, 0.9], relevance[position] ?? 0),
  );
}

function between([low, high]: readonly [number, number], grade: number): number {
  return low + (high - low) * grade;
}
