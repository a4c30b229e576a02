import type { Rng } from '../shared/rng.ts';

/** Who put a document where it stands; BOTH: either would have put it there, so that it says nothing of them. */
export type Team = 'BASELINE' | 'CANDIDATE' | 'BOTH';

export interface Interleaved<Hit> {
  hits: Hit[];
  /** One a hit. */
  teams: Team[];
}

/**
 * Team-draft interleaving: in each round a coin decides who picks first, and each side adds its best document that is
 * not there yet. Source: Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?", CIKM
 * 2008. The common start of both rankings belongs to both: whoever had picked it, it says nothing of a difference
 * (Chapelle, Joachims, Radlinski and Yue, "Large-Scale Validation and Analysis of Interleaved Search Evaluation", ACM
 * TOIS 30(1), 2012, section 3).
 * @param limit of the interleaved list
 */
export function teamDraft<Hit extends { documentId: string }>(
  baseline: readonly Hit[],
  candidate: readonly Hit[],
  limit: number,
  rng: Rng,
): Interleaved<Hit> {
  const hits: Hit[] = [];
  const teams: Team[] = [];
  const taken = new Set<string>();
  const add = (hit: Hit, team: Team) => {
    hits.push(hit);
    teams.push(team);
    taken.add(hit.documentId);
  };
  for (const [index, hit] of baseline.entries()) {
    if (hit.documentId !== candidate[index]?.documentId || hits.length === limit) break;
    add(hit, 'BOTH');
  }
  const best = (ranking: readonly Hit[]) => ranking.find(({ documentId }) => !taken.has(documentId));
  const sides = [
    { team: 'BASELINE' as const, ranking: baseline },
    { team: 'CANDIDATE' as const, ranking: candidate },
  ];
  for (;;) {
    const before = hits.length;
    for (const { team, ranking } of rng.next() < 0.5 ? sides : sides.toReversed()) {
      const hit = best(ranking);
      if (hit !== undefined && hits.length < limit) add(hit, team);
    }
    if (hits.length === before) return { hits, teams };
  }
}

/** What the teams earned in one search: the rewards of their documents, penalties taken off. */
export function creditTeams(
  documentIds: readonly string[],
  teams: readonly Team[],
  earned: ReadonlyMap<string, number>,
): { baseline: number; candidate: number } {
  const credit = { baseline: 0, candidate: 0 };
  for (const [position, documentId] of documentIds.entries()) {
    const worth = earned.get(documentId) ?? 0;
    if (teams[position] === 'BASELINE') credit.baseline += worth;
    if (teams[position] === 'CANDIDATE') credit.candidate += worth;
  }
  return credit;
}
