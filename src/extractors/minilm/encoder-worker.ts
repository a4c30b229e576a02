import { workerData } from 'node:worker_threads';
import type { EmbeddingPurpose } from '../extractor.ts';
import { serveModel } from '../model-worker.ts';
import { EncodingQueue } from './encoding-queue.ts';
import { loadSentenceEncoder, type SentenceEncoderOptions } from './sentence-encoder.ts';

export interface TextsToEmbed {
  texts: readonly string[];
  purpose: EmbeddingPurpose;
}

/** Loads the model in this worker thread and embeds what it is sent. */
function serveEncoder(): Promise<void> {
  return serveModel<TextsToEmbed, Float32Array[]>(async () => {
    const encoder = await loadSentenceEncoder(workerData as SentenceEncoderOptions);
    const queue = new EncodingQueue(encoder);
    return {
      answer: ({ texts, purpose }) => queue.embed(texts, purpose),
      transfer: (vectors) => vectors.map((vector) => vector.buffer as ArrayBuffer),
      close: () => encoder.close(),
    };
  });
}

await serveEncoder();
