import { parentPort, workerData } from 'node:worker_threads';
import { OperatorError } from '../../shared/errors.ts';
import { invariant } from '../../shared/invariant.ts';
import type { EmbeddingPurpose } from '../extractor.ts';
import { EncodingQueue } from './encoding-queue.ts';
import { loadSentenceEncoder, type SentenceEncoderOptions } from './sentence-encoder.ts';

/** Main thread → worker. */
export type EncoderRequest =
  { kind: 'embed'; id: number; texts: readonly string[]; purpose: EmbeddingPurpose } | { kind: 'close' };

/** Worker → main thread: `ready` or `unusable` first, then one answer a request. */
export type EncoderReply =
  | { kind: 'ready' }
  | { kind: 'unusable'; message: string; remediable: boolean }
  | { kind: 'embedded'; id: number; vectors: readonly Float32Array[] }
  | { kind: 'failed'; id: number; message: string };

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Loads the model in this worker thread and answers requests until told to close. */
async function serveEncoder(): Promise<void> {
  const port = parentPort;
  invariant(port, 'the encoder is served from a worker thread');
  const reply = (message: EncoderReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  let queue: EncodingQueue;
  let close: () => Promise<void>;
  try {
    const encoder = await loadSentenceEncoder(workerData as SentenceEncoderOptions);
    queue = new EncodingQueue(encoder);
    close = () => encoder.close();
  } catch (error) {
    reply({ kind: 'unusable', message: messageOf(error), remediable: error instanceof OperatorError });
    return;
  }

  port.on('message', (request: EncoderRequest) => {
    if (request.kind === 'close') {
      void close().finally(() => port.close());
      return;
    }
    const { id, texts, purpose } = request;
    queue.embed(texts, purpose).then(
      (vectors) =>
        reply(
          { kind: 'embedded', id, vectors },
          vectors.map((vector) => vector.buffer as ArrayBuffer),
        ),
      (error: unknown) => reply({ kind: 'failed', id, message: messageOf(error) }),
    );
  });
  reply({ kind: 'ready' });
}

await serveEncoder();
