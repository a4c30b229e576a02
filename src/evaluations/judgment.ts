/**
 * How relevant documents are to one query: document id → grade, a whole number from 0. A grade of 1 or more is relevant
 * (trec_eval's default level); a document that is not there was not judged.
 */
export type Judgments = ReadonlyMap<string, number>;

export const MAX_GRADE = 100;

export function isRelevant(grade: number | undefined): boolean {
  return grade !== undefined && grade >= 1;
}

export function countRelevant(judgments: Judgments): number {
  let relevant = 0;
  for (const grade of judgments.values()) if (isRelevant(grade)) relevant++;
  return relevant;
}
