/**
 * What a retriever has learned is kept in generations, so that it can be rebuilt while it is learned on: see
 * rebuild-posteriors.ts.
 */
export interface Generation {
  /** What is written goes into this one; 0 until the first rebuild. */
  number: number;
  /** Executions of an earlier retriever version are attributed by this version's learning config; 0: each by its own. */
  ruledBy: number;
}

/** By retriever id; one that is not there is in its first. */
export type Generations = ReadonlyMap<string, Generation>;

const first: Generation = { number: 0, ruledBy: 0 };

export function generationOf(generations: Generations, retrieverId: string): Generation {
  return generations.get(retrieverId) ?? first;
}
