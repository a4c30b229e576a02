import { invariant } from '../../shared/invariant.ts';
import { halfToFloat } from '../half-float.ts';
import { OnnxGraph } from '../onnx-writer.ts';
import { halfBits, toFloat32, type SafeTensor } from './safetensors.ts';

/** The sizes of a BERT encoder, as in its config.json. */
export interface BertShape {
  hiddenSize: number;
  layers: number;
  heads: number;
  intermediateSize: number;
  /** The longest input, in tokens; at most the number of learned positions. */
  maxTokens: number;
  layerNormEpsilon: number;
}

/** `int8`: weights of the linear layers in 8 bits, activations quantised as they come. */
export type Precision = 'int8' | 'float32';

/** The outputs of one linear layer, weights [outputs, inputs] as PyTorch stores them, optionally scaled. */
interface LinearPart {
  prefix: string;
  scale?: number;
}

/**
 * Builds a sentence encoder as an ONNX model: `input_ids` and `attention_mask` [batch, tokens] (int64) → `embedding`
 * [batch, hiddenSize], L2-normalised.
 *
 * The encoder is that of Devlin et al., "BERT" (arXiv:1810.04805), post-norm, with exact (erf) GELU; pooling is the mean
 * over the tokens that the mask keeps, then L2 normalisation, as the model card of all-MiniLM-L6-v2 prescribes.
 * Operators: https://onnx.ai/onnx/operators, opset 17.
 */
export function buildSentenceEncoder(
  weights: ReadonlyMap<string, SafeTensor>,
  shape: BertShape,
  precision: Precision,
): Uint8Array {
  const encoder = new BertGraph(weights, shape, precision);
  const mask = encoder.graph.apply('Cast', ['attention_mask'], { to: { int: 1 } });
  const maskBias = encoder.maskBias(mask);
  let hidden = encoder.embeddings();
  for (let layer = 0; layer < shape.layers; layer++) {
    hidden = encoder.feedForward(layer, encoder.selfAttention(layer, hidden, maskBias));
  }
  encoder.meanPooling(hidden, mask, 'embedding');
  return encoder.graph.serialize(
    'sentence_encoder',
    17,
    [
      { name: 'input_ids', type: 'int64', shape: ['batch', 'tokens'] },
      { name: 'attention_mask', type: 'int64', shape: ['batch', 'tokens'] },
    ],
    [{ name: 'embedding', type: 'float32', shape: ['batch', shape.hiddenSize] }],
  );
}

/** The parts of the graph; each method adds its operators and returns the name of its result. */
class BertGraph {
  readonly graph = new OnnxGraph();
  private readonly weights: ReadonlyMap<string, SafeTensor>;
  private readonly shape: BertShape;
  private readonly precision: Precision;

  constructor(weights: ReadonlyMap<string, SafeTensor>, shape: BertShape, precision: Precision) {
    this.weights = weights;
    this.shape = shape;
    this.precision = precision;
    const { hiddenSize, heads } = shape;
    this.graph.floats('one', [], [1]);
    this.graph.floats('half', [], [0.5]);
    this.graph.floats('sqrt_half', [], [Math.SQRT1_2]);
    this.graph.floats('masked', [], [-10_000]);
    this.graph.integers('axis_0', [0]);
    this.graph.integers('axis_1', [1]);
    this.graph.integers('axis_2', [2]);
    this.graph.integers('axes_1_2', [1, 2]);
    this.graph.integers('query_key_value', [hiddenSize, hiddenSize, hiddenSize]);
    this.graph.integers('by_head', [0, 0, heads, hiddenSize / heads]);
    this.graph.integers('joined_heads', [0, 0, hiddenSize]);
  }

  /** Token + position + type embedding, normalised: [batch, tokens, hidden]. Type is 0 everywhere: there is one sentence. */
  embeddings(): string {
    const { graph } = this;
    const { hiddenSize, maxTokens } = this.shape;
    const words = this.tensor('embeddings.word_embeddings.weight');
    // The table of words is the largest tensor; it stays in half precision, and only the rows looked up are widened.
    graph.constant('words', 'float16', words.shape, halfBits(words));
    const types = toFloat32(this.tensor('embeddings.token_type_embeddings.weight'));
    const positions = toFloat32(this.tensor('embeddings.position_embeddings.weight')).slice(0, maxTokens * hiddenSize);
    for (let i = 0; i < positions.length; i++)
      positions[i] = (positions[i] as number) + (types[i % hiddenSize] as number);
    graph.constant('positions', 'float32', [maxTokens, hiddenSize], positions);

    const wordRows = graph.apply('Cast', [graph.apply('Gather', ['words', 'input_ids'])], { to: { int: 1 } });
    const length = graph.apply('Shape', ['input_ids'], { start: { int: 1 }, end: { int: 2 } });
    const positionRows = graph.apply('Slice', ['positions', 'axis_0', length, 'axis_0']);
    return this.layerNorm(graph.apply('Add', [wordRows, positionRows]), 'embeddings.LayerNorm');
  }

  /** 0 for a token that counts, a large negative number for padding, added to attention scores: [batch, 1, 1, tokens]. */
  maskBias(mask: string): string {
    const padding = this.graph.apply('Sub', ['one', mask]);
    return this.graph.apply('Unsqueeze', [this.graph.apply('Mul', [padding, 'masked']), 'axes_1_2']);
  }

  /** softmax(QKᵀ/√d + bias) V over all heads, projected, added to its input and normalised: [batch, tokens, hidden]. */
  selfAttention(layer: number, input: string, maskBias: string): string {
    const { graph } = this;
    const { hiddenSize, heads } = this.shape;
    const prefix = `encoder.layer.${layer}.attention`;
    const joined = this.linear(
      [
        { prefix: `${prefix}.self.query`, scale: 1 / Math.sqrt(hiddenSize / heads) },
        { prefix: `${prefix}.self.key` },
        { prefix: `${prefix}.self.value` },
      ],
      input,
    );
    const [query, key, value] = graph.applyForThree('Split', [joined, 'query_key_value'], { axis: { int: -1 } });
    const heady = (tensor: string, order: readonly number[]) =>
      graph.apply('Transpose', [graph.apply('Reshape', [tensor, 'by_head'])], { perm: { ints: order } });

    const scores = graph.apply('MatMul', [heady(query, [0, 2, 1, 3]), heady(key, [0, 2, 3, 1])]);
    const attention = graph.apply('Softmax', [graph.apply('Add', [scores, maskBias])], { axis: { int: -1 } });
    const mixed = graph.apply('MatMul', [attention, heady(value, [0, 2, 1, 3])]);
    const output = graph.apply('Reshape', [
      graph.apply('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } }),
      'joined_heads',
    ]);
    const projected = this.linear([{ prefix: `${prefix}.output.dense` }], output);
    return this.layerNorm(graph.apply('Add', [projected, input]), `${prefix}.output.LayerNorm`);
  }

  /** Two linear layers with GELU between, added to their input and normalised: [batch, tokens, hidden]. */
  feedForward(layer: number, input: string): string {
    const { graph } = this;
    const prefix = `encoder.layer.${layer}`;
    const wide = this.linear([{ prefix: `${prefix}.intermediate.dense` }], input);
    const erf = graph.apply('Erf', [graph.apply('Mul', [wide, 'sqrt_half'])]);
    const gelu = graph.apply('Mul', [graph.apply('Mul', [wide, graph.apply('Add', [erf, 'one'])]), 'half']);
    const narrow = this.linear([{ prefix: `${prefix}.output.dense` }], gelu);
    return this.layerNorm(graph.apply('Add', [narrow, input]), `${prefix}.output.LayerNorm`);
  }

  /** The mean over the tokens that count, L2-normalised: [batch, hidden]. */
  meanPooling(hidden: string, mask: string, output: string): void {
    const { graph } = this;
    const kept = graph.apply('Mul', [hidden, graph.apply('Unsqueeze', [mask, 'axis_2'])]);
    const sum = graph.apply('ReduceSum', [kept, 'axis_1'], { keepdims: { int: 0 } });
    const count = graph.apply('ReduceSum', [mask, 'axis_1'], { keepdims: { int: 1 } });
    graph.apply('LpNormalization', [graph.apply('Div', [sum, count])], { axis: { int: -1 }, p: { int: 2 } }, output);
  }

  private layerNorm(input: string, prefix: string): string {
    const { hiddenSize, layerNormEpsilon } = this.shape;
    const inputs = (['weight', 'bias'] as const).map((part) => {
      const name = `${prefix}.${part}`;
      return this.graph.constant(name, 'float32', [hiddenSize], toFloat32(this.tensor(name)));
    });
    const attributes = { axis: { int: -1 }, epsilon: { float: layerNormEpsilon } };
    return this.graph.apply('LayerNormalization', [input, ...inputs], attributes);
  }

  /** input · Wᵀ + b, the outputs of the parts side by side: [batch, tokens, inputs] → [batch, tokens, outputs]. */
  private linear(parts: readonly LinearPart[], input: string): string {
    const { graph } = this;
    const name = (parts[0] as LinearPart).prefix;
    const rows = parts.flatMap(({ prefix, scale = 1 }) => this.rows(`${prefix}.weight`, scale));
    const biases = parts.flatMap(({ prefix, scale = 1 }) =>
      Array.from(toFloat32(this.tensor(`${prefix}.bias`)), (bias) => bias * scale),
    );
    graph.floats(`${name}.bias`, [biases.length], biases);
    const product =
      this.precision === 'int8' ? this.quantizedProduct(name, rows, input) : this.product(name, rows, input);
    return graph.apply('Add', [product, `${name}.bias`]);
  }

  private product(name: string, rows: readonly Float32Array[], input: string): string {
    const columns = transpose(rows, new Float32Array(rows.length * (rows[0]?.length ?? 0)));
    this.graph.constant(name, 'float32', [columns.length / rows.length, rows.length], columns);
    return this.graph.apply('MatMul', [input, name]);
  }

  /**
   * Dynamic quantisation: weights in int8 with a scale an output, symmetric; activations in uint8 with the scale of their
   * range. See https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html.
   */
  private quantizedProduct(name: string, rows: readonly Float32Array[], input: string): string {
    const { graph } = this;
    const scales = rows.map((row) => largestMagnitude(row) / weightLevels || 1);
    const quantized = rows.map((row, output) => inSteps(row, scales[output] as number));
    const columns = transpose(quantized, new Int8Array(rows.length * (rows[0]?.length ?? 0)));
    graph.constant(`${name}.int8`, 'int8', [columns.length / rows.length, rows.length], columns);
    graph.floats(`${name}.scale`, [rows.length], scales);

    const [activations, activationScale, zeroPoint] = graph.applyForThree('DynamicQuantizeLinear', [input]);
    const product = graph.apply('MatMulInteger', [activations, `${name}.int8`, zeroPoint]);
    const scale = graph.apply('Mul', [activationScale, `${name}.scale`]);
    return graph.apply('Mul', [graph.apply('Cast', [product], { to: { int: 1 } }), scale]);
  }

  /** The rows of a matrix [outputs, inputs], widened and scaled. */
  private rows(name: string, scale: number): Float32Array[] {
    const tensor = this.tensor(name);
    const [outputs, inputs] = tensor.shape as [number, number];
    const bits = halfBits(tensor);
    return Array.from({ length: outputs }, (_, output) => {
      const row = new Float32Array(inputs);
      for (let i = 0; i < inputs; i++) row[i] = (halfToFloat[bits[output * inputs + i] as number] as number) * scale;
      return row;
    });
  }

  private tensor(name: string): SafeTensor {
    const tensor = this.weights.get(name);
    invariant(tensor, `the model has a tensor ${name}`);
    return tensor;
  }
}

/**
 * Weights span ±63 rather than ±127: without VNNI instructions the products of two neighbours are summed in 16 bits, and
 * 2 · 255 · 64 still fits there. So every processor computes the same sums (ONNX Runtime calls it `reduce_range`).
 */
const weightLevels = 63;

// The loops below see ten million weights before the first search: plain ones take a tenth of what iterators and callbacks do.

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
}

/** Each value as the nearest whole number of steps. */
function inSteps(values: Float32Array, step: number): Int8Array {
  const steps = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) steps[i] = Math.round((values[i] as number) / step);
  return steps;
}

/** So many rows at a time stay in the processor's cache while their columns are written. */
const ROWS_AT_ONCE = 64;

/** Writes rows [n][m] into `columns` as [m, n]. */
function transpose<Target extends Float32Array | Int8Array>(rows: readonly Target[], columns: Target): Target {
  const [width = 0] = rows.slice(0, 1).map(({ length }) => length);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    for (let m = 0; m < width; m++) {
      const to = m * rows.length + from;
      for (let n = 0; n < some.length; n++) columns[to + n] = (some[n] as Target)[m] as number;
    }
  }
  return columns;
}
