import type { VectorExtractor } from '../extractors/extractor.ts';
import { stopwatch } from '../shared/clock.ts';

export interface TextToEmbed {
  extractor: VectorExtractor;
  text: string;
}

export interface QueryEmbeddings {
  /** Rejects where the extractor failed. */
  vectorOf(wanted: TextToEmbed): Promise<Float32Array>;
  /** How long the slowest extractor took, of those that are done. */
  elapsedMs(): number;
}

/** Starts to embed the query texts of a search: each distinct text once an extractor, and an extractor's texts in one call. */
export function embedQueries(wanted: readonly TextToEmbed[]): QueryEmbeddings {
  const textsOf = new Map<VectorExtractor, Set<string>>();
  for (const { extractor, text } of wanted) {
    textsOf.set(extractor, (textsOf.get(extractor) ?? new Set()).add(text));
  }
  let slowestMs = 0;
  const embedded = new Map(
    [...textsOf].map(([extractor, texts]) => {
      const elapsed = stopwatch();
      const vectors = embedAll(extractor, [...texts]).finally(() => (slowestMs = Math.max(slowestMs, elapsed())));
      // Whoever asks for a vector gets the failure; if nobody does any more, it is no loose end.
      vectors.catch(() => undefined);
      return [extractor, vectors] as const;
    }),
  );
  return {
    async vectorOf({ extractor, text }) {
      const vector = (await embedded.get(extractor))?.get(text);
      if (vector === undefined) throw new Error(`The extractor ${extractor.name} gave no vector for the query.`);
      return vector;
    },
    elapsedMs: () => slowestMs,
  };
}

async function embedAll(extractor: VectorExtractor, texts: readonly string[]): Promise<Map<string, Float32Array>> {
  const vectors = await extractor.embed(texts, 'query');
  return new Map(
    texts.flatMap((text, index) => {
      const vector = vectors[index];
      return vector === undefined ? [] : [[text, vector] as const];
    }),
  );
}
