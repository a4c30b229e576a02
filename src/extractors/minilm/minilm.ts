import { availableParallelism } from 'node:os';
import { OperatorError } from '../../shared/errors.ts';
import type { VectorExtractor } from '../extractor.ts';
import { lazyModelThread } from '../model-thread.ts';
import type { Precision } from './bert-graph.ts';
import type { TextsToEmbed } from './encoder-worker.ts';
import type { ModelFiles, SentenceEncoderOptions } from './sentence-encoder.ts';

export interface MiniLmOptions {
  /**
   * Default int8: 2–3 times as fast, cosine to float32 above .98. A query's vector is always the same; a document's
   * varies a little (cosine above .99) with those embedded beside it. An index holds vectors of one precision.
   */
  precision?: Precision;
  /** Processor threads of one run; default: half the processors, 1 to 4. */
  threads?: number;
  /** Where the model lies; default: in its npm package. */
  files?: ModelFiles;
}

const dimensions = 384;

/**
 * Dense English text embeddings: all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957; Reimers and Gurevych 2019,
 * arXiv:1908.10084). Reads the first 256 tokens. The model lives in a worker thread, because inference blocks the thread
 * it runs on; it is loaded at the first call, and again at the next one after a failure.
 */
export function createMiniLm(options: MiniLmOptions = {}): VectorExtractor {
  const precision = options.precision ?? 'int8';
  const threads = options.threads ?? Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
  const data: SentenceEncoderOptions = { precision, threads, files: options.files ?? null };
  const encoder = lazyModelThread<TextsToEmbed, Float32Array[]>({
    name: 'minilm',
    entry: new URL('./encoder-worker-entry.mjs', import.meta.url),
    data,
    unusable: loadError,
  });
  return {
    kind: 'vector',
    name: 'minilm',
    model: 'all-MiniLM-L6-v2',
    precision,
    dimensions,
    embed: async (texts, purpose) => (texts.length === 0 ? [] : encoder.ask({ texts, purpose })),
    close: () => encoder.close(),
  };
}

function loadError(reason: string): OperatorError {
  return new OperatorError(
    `The embedding model all-MiniLM-L6-v2 cannot be loaded (${reason}): install the packages again with \`npm ci\`, ` +
      'or leave its feature URIs to vectors that clients send.',
  );
}
