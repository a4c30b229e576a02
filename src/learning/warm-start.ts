/** What judged rankings teach: the same sums that people's signals add up to. */
export interface Lesson {
  /** Judged rankings that say anything. */
  queries: number;
  /** Relevant documents among what was ranked. */
  interactions: number;
  /** Feature URI → [rewards, failures]. */
  arms: Readonly<Record<string, readonly [rewards: number, failures: number]>>;
  /** Evidence on the features of `arms` (see evidence.ts). */
  sums: readonly number[];
}

/** What a retriever knows before anybody clicks: a completed evaluation of its features on judged queries. */
export interface WarmStart {
  evaluationId: string;
  /** Interactions that the judgments count as in the prior, 1 to 100,000. Default 500. */
  strength: number;
  /** Copied when the retriever is defined, so that a version means the same for good; null until then. */
  lesson: Lesson | null;
}

/** Of lessons on the same features; null where there is none. */
export function sumLessons(lessons: readonly Lesson[]): Lesson | null {
  const [first, ...rest] = lessons;
  if (first === undefined) return null;
  return rest.reduce<Lesson>(
    (sum, lesson) => ({
      queries: sum.queries + lesson.queries,
      interactions: sum.interactions + lesson.interactions,
      arms: Object.fromEntries(
        Object.entries(sum.arms).map(([uri, [rewards, failures]]) => {
          const [more = 0, worse = 0] = lesson.arms[uri] ?? [];
          return [uri, [rewards + more, failures + worse] as const];
        }),
      ),
      sums: sum.sums.map((known, index) => known + (lesson.sums[index] ?? 0)),
    }),
    first,
  );
}
