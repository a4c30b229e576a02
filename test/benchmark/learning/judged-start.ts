import { defaultLearningConfig, type LearningConfig } from '../../../src/learning/learning-config.ts';
import { lessonOf } from '../../../src/learning/judged-evidence.ts';
import { sumLessons } from '../../../src/learning/warm-start.ts';
import { rank, type PreparedQuery } from './prepared-query.ts';

/** The defaults, begun with an evaluation of equal weights on so many judged queries; of none: the defaults. */
export function startedByJudges(queries: readonly PreparedQuery[], count: number, strength: number): LearningConfig {
  const lessons = queries.slice(0, count).flatMap((query) => {
    const hits = rank(query, query.scores[0]?.map(() => 1) ?? null).map((place) => query.hits[place]!);
    const grades = new Map(query.hits.map(({ documentId }, place) => [documentId, query.relevance[place]!]));
    return lessonOf(hits, grades, defaultLearningConfig) ?? [];
  });
  const lesson = sumLessons(lessons);
  return { ...defaultLearningConfig, warmStart: lesson && { evaluationId: '', strength, lesson } };
}
