import { stopwatch } from '../../shared/clock.ts';
import { unitVector } from '../../shared/unit-vector.ts';
import type { EmbeddingPurpose, VectorExtractor } from '../extractor.ts';
import { UnreadableInputs } from '../unreadable-inputs.ts';
import { askInBatches } from './ask-in-batches.ts';
import { callProvider } from './call-provider.ts';
import { ContentCache } from './content-cache.ts';
import { badAnswer, noTurn, otherDimensions, type FaultSource } from './provider-fault.ts';
import { createRequestTurns } from './request-turns.ts';
import type { WireFormat } from './wire-format.ts';

export interface ProviderExtractorOptions extends FaultSource {
  format: WireFormat;
  dimensions: number;
  credential: () => Promise<string>;
  /** Of a request for documents; a query, which somebody waits for, gets QUERY_TIMEOUT_MS at the most. */
  timeoutMs: number;
  /** Null: as many as are wanted. */
  requestsPerMinute: number | null;
  /** Before the first retry. */
  backoffMs?: number;
  /** For all that is done to embed a query: its turn, its attempts and the waits between them. */
  queryBudgetMs?: number;
}

const QUERY_TIMEOUT_MS = 3_000;
/** A search ends after 10 s, and goes on without the vectors before that. */
const QUERY_BUDGET_MS = 4_000;
const MINUTE_MS = 60_000;
const DOCUMENT_RETRIES = 5;
const QUERY_RETRIES = 1;
const BACKOFF_MS = 250;
const CACHE_BYTES = 64 * 1024 * 1024;

/**
 * A model behind somebody's API. Equal content is asked for once, batches are as large as the provider takes, and what may
 * pass is tried again. A document that is refused keeps none of the others out.
 * @throws ConflictError of `embed`: see callProvider, and EMBEDDING_DIMENSIONS_DIFFER; UnreadableInputs, RefusedInputs
 */
export function createProviderExtractor(options: ProviderExtractorOptions): VectorExtractor {
  const { provider, model, dimensions, format, requestsPerMinute, queryBudgetMs = QUERY_BUDGET_MS } = options;
  const cache = new ContentCache(CACHE_BYTES);
  const turns = requestsPerMinute === null ? null : createRequestTurns(requestsPerMinute, MINUTE_MS);

  async function ask(inputs: readonly string[], purpose: EmbeddingPurpose, leftMs: () => number) {
    if (turns !== null && !(await turns.take(leftMs()))) throw noTurn(options);
    return askFor(options, inputs, purpose, leftMs);
  }

  /** Adds the vectors of these. @returns what is wrong with those that are refused */
  async function embedNew(
    inputs: readonly string[],
    purpose: EmbeddingPurpose,
    vectors: Map<string, Float32Array>,
  ): Promise<Map<string, string>> {
    const elapsed = stopwatch();
    const leftMs = () => (purpose === 'query' ? queryBudgetMs - elapsed() : Infinity);
    // what is known already was embedded by this model, too
    const hasPassed = vectors.size > 0;
    const byHalves = purpose === 'document';
    return askInBatches(inputs, { maxBatch: format.maxBatch, byHalves, hasPassed }, async (batch) => {
      for (const [index, vector] of (await ask(batch, purpose, leftMs)).entries()) {
        const input = batch[index] as string;
        vectors.set(input, vector);
        cache.set(input, purpose, vector);
      }
    });
  }

  return {
    ...{ kind: 'vector', name: provider, model: `${provider}/${model}`, precision: 'fp32', dimensions },
    async embed(inputs, purpose) {
      const vectors = new Map<string, Float32Array>();
      for (const input of inputs) {
        const vector = cache.get(input, purpose);
        if (vector !== undefined) vectors.set(input, vector);
      }
      const missing = [...new Set(inputs)].filter((input) => !vectors.has(input));
      const refused = await embedNew(missing, purpose, vectors);
      if (refused.size > 0) {
        const faults = inputs.flatMap((input, place): [number, string][] => {
          const fault = refused.get(input);
          return fault === undefined ? [] : [[place, fault]];
        });
        throw new UnreadableInputs(new Map(faults));
      }
      return inputs.map((input) => vectors.get(input) as Float32Array);
    },
    close: () => Promise.resolve(),
  };
}

async function askFor(
  options: ProviderExtractorOptions,
  inputs: readonly string[],
  purpose: EmbeddingPurpose,
  leftMs: () => number,
): Promise<Float32Array[]> {
  const { format, credential, timeoutMs, backoffMs = BACKOFF_MS } = options;
  const isQuery = purpose === 'query';
  const answer = await callProvider(async () => format.request(inputs, purpose, await credential()), options, {
    timeoutMs: isQuery ? Math.min(timeoutMs, QUERY_TIMEOUT_MS) : timeoutMs,
    retries: isQuery ? QUERY_RETRIES : DOCUMENT_RETRIES,
    ...{ backoffMs, leftMs },
  });
  return checkedVectors(options, answer, inputs.length);
}

/** One unit vector an input. */
function checkedVectors(options: ProviderExtractorOptions, answer: unknown, count: number): Float32Array[] {
  let vectors: number[][];
  try {
    vectors = options.format.vectors(answer);
  } catch {
    throw badAnswer(options, 'something that is not in its documented form');
  }
  if (vectors.length !== count) throw badAnswer(options, `${vectors.length} vectors for ${count} texts`);
  return vectors.map((vector) => {
    if (vector.length !== options.dimensions) throw otherDimensions(options, vector.length, options.dimensions);
    const unit = unitVector(vector);
    if (unit === null) throw badAnswer(options, 'a vector of zeros');
    return unit;
  });
}
