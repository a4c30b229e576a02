import { invariant } from '../../shared/invariant.ts';
import { widen } from '../half-float.ts';

/** A constant of the model; `values` row-major. */
export interface ModelWeight {
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

/** An operator of the model. */
export interface ModelNode {
  name: string;
  operator: string;
  /** Names of other nodes or of weights. */
  inputs: readonly string[];
  strides: readonly number[];
  padding: string | null;
  /** What a fused convolution does after its products: `BiasAdd`, `Relu`. */
  fused: readonly string[];
}

export interface GraphModel {
  nodes: ReadonlyMap<string, ModelNode>;
  weights: ReadonlyMap<string, ModelWeight>;
}

interface NodeJson {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, { s?: string; list?: { i?: string[]; s?: string[] } }>;
}

interface WeightJson {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string };
}

interface ModelJson {
  modelTopology: { node: NodeJson[] };
  weightsManifest: { weights: WeightJson[] }[];
}

/**
 * Reads a TensorFlow.js graph model: its topology as JSON, its weights one behind the other in the order of the manifest,
 * in float32, float16 or int32. Format: tensorflow/tfjs, tfjs-core/src/io/types.ts.
 */
export function parseGraphModel(json: string, weights: Uint8Array): GraphModel {
  const model = JSON.parse(json) as ModelJson;
  const manifest = model.weightsManifest.flatMap((group) => group.weights);
  return {
    nodes: new Map(model.modelTopology.node.map((node) => [node.name, toNode(node)])),
    weights: readWeights(manifest, weights),
  };
}

function toNode({ name, op, input = [], attr = {} }: NodeJson): ModelNode {
  return {
    name,
    operator: op,
    inputs: input,
    strides: (attr['strides']?.list?.i ?? []).map(Number),
    padding: decode(attr['padding']?.s),
    fused: (attr['fused_ops']?.list?.s ?? []).map((text) => decode(text) ?? ''),
  };
}

function decode(text: string | undefined): string | null {
  return text === undefined ? null : Buffer.from(text, 'base64').toString();
}

function readWeights(manifest: readonly WeightJson[], file: Uint8Array): Map<string, ModelWeight> {
  // copied, so that every array may begin where it likes
  const bytes = new Uint8Array(file);
  const weights = new Map<string, ModelWeight>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of manifest) {
    const count = shape.reduce((product, length) => product * length, 1);
    const isHalf = quantization?.dtype === 'float16';
    const data = bytes.slice(offset, offset + count * (isHalf ? 2 : 4)).buffer;
    invariant(data.byteLength === count * (isHalf ? 2 : 4), `the weights hold all of ${name}`);
    offset += data.byteLength;
    weights.set(name, { shape, values: toValues(data, dtype, isHalf) });
  }
  return weights;
}

function toValues(data: ArrayBuffer, dtype: string, isHalf: boolean): Float32Array | Int32Array {
  if (dtype === 'int32') return new Int32Array(data);
  invariant(dtype === 'float32', `weights are float32 or int32, not ${dtype}`);
  return isHalf ? widen(new Uint16Array(data)) : new Float32Array(data);
}
