/** The segments that searches named; some name none. */
export function namedSegments(figures: { bySegment: readonly { segment: string }[] } | undefined): string[] {
  return figures?.bySegment.map(({ segment }) => segment).filter((segment) => segment !== '') ?? [];
}
