import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { OperatorError } from '../../shared/errors.ts';
import type { EmbeddingPurpose, VectorExtractor } from '../extractor.ts';
import type { Precision } from './bert-graph.ts';
import type { EncoderReply, EncoderRequest } from './encoder-worker.ts';
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
  let encoder: Promise<EncoderThread> | null = null;
  let closed = false;

  function load(): Promise<EncoderThread> {
    if (closed) return Promise.reject(new Error('The MiniLM extractor is closed'));
    const forget = () => {
      if (encoder === loading) encoder = null;
    };
    const loading = startEncoderThread({ precision, threads, files: options.files ?? null }, forget);
    loading.catch(forget);
    return loading;
  }

  return {
    kind: 'vector',
    name: 'minilm',
    model: 'all-MiniLM-L6-v2',
    precision,
    dimensions,
    async embed(texts, purpose) {
      if (texts.length === 0) return [];
      encoder ??= load();
      return (await encoder).embed(texts, purpose);
    },
    async close() {
      closed = true;
      const loaded = await encoder?.catch(() => null);
      encoder = null;
      await loaded?.close();
    },
  };
}

interface EncoderThread {
  embed(texts: readonly string[], purpose: EmbeddingPurpose): Promise<Float32Array[]>;
  close(): Promise<void>;
}

interface Pending {
  resolve(vectors: Float32Array[]): void;
  reject(error: Error): void;
}

/**
 * The thread keeps the process alive while it loads or has something to answer, not while it is idle.
 * @param onGone called when the thread ends, for whatever reason
 * @throws OperatorError where the model cannot be loaded
 */
async function startEncoderThread(options: SentenceEncoderOptions, onGone: () => void): Promise<EncoderThread> {
  const worker = new Worker(new URL('./encoder-worker-entry.mjs', import.meta.url), {
    workerData: options,
    execArgv: [],
    name: 'minilm',
  });
  const pending = new Map<number, Pending>();
  let requests = 0;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const send = (request: EncoderRequest) => worker.postMessage(request);

  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(loadError(reason));
    worker.once('error', (error) => fail(error.message));
    worker.once('exit', (code) => fail(`its thread ended with code ${code}`));
    worker.once('message', (reply: EncoderReply) => {
      if (reply.kind === 'ready') resolve();
      else if (reply.kind === 'unusable') {
        void worker.terminate();
        if (reply.remediable) reject(new OperatorError(reply.message));
        else fail(reply.message);
      }
    });
  });

  worker.on('message', (reply: EncoderReply) => {
    settle(pending, reply);
    if (pending.size === 0) worker.unref();
  });
  worker.on('error', () => undefined); // What was pending fails when the thread has ended, which follows.
  void exited.then(() => {
    onGone();
    for (const { reject } of pending.values()) reject(new Error('The embedding thread ended before it answered'));
    pending.clear();
  });
  worker.unref();

  return {
    embed(texts, purpose) {
      const id = requests++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        worker.ref();
        send({ kind: 'embed', id, texts, purpose });
      });
    },
    async close() {
      worker.ref();
      send({ kind: 'close' });
      await exited;
    },
  };
}

function settle(pending: Map<number, Pending>, reply: EncoderReply): void {
  if (reply.kind !== 'embedded' && reply.kind !== 'failed') return;
  const request = pending.get(reply.id);
  pending.delete(reply.id);
  if (reply.kind === 'embedded') request?.resolve([...reply.vectors]);
  else request?.reject(new Error(`Embedding failed: ${reply.message}`));
}

function loadError(reason: string): OperatorError {
  return new OperatorError(
    `The embedding model all-MiniLM-L6-v2 cannot be loaded (${reason}): install the packages again with \`npm ci\`, ` +
      'or leave its feature URIs to vectors that clients send.',
  );
}
