/** A retriever's fusion: that of its feature search, which is its first stage. */
export function fusionOf({ stages }: { stages: readonly ({ fusion: string } | object)[] }): string {
  const stage = stages.find((candidate) => 'fusion' in candidate);
  return stage !== undefined && 'fusion' in stage ? stage.fusion : 'RRF';
}
