import { z } from 'zod';

const answerForm = z.object({
  data: z.array(z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()) })),
});

/** The answer of OpenAI and those who took its form over: vectors numbered by their input, in any order. */
export function indexedVectors(answer: unknown): number[][] {
  const { data } = answerForm.parse(answer);
  return data.toSorted((one, other) => one.index - other.index).map(({ embedding }) => embedding);
}

export function bearer(credential: string): Record<string, string> {
  return credential === '' ? {} : { authorization: `Bearer ${credential}` };
}
