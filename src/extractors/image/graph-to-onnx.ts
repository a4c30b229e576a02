import { invariant } from '../../shared/invariant.ts';
import { OnnxGraph, type ValueInfo } from '../onnx-writer.ts';
import type { GraphModel, ModelNode, ModelWeight } from './graph-model.ts';

/** An output: a node of the model, and the value of the ONNX graph that it becomes. */
export interface WantedOutput {
  node: string;
  info: ValueInfo;
}

/**
 * Translates the part of a convolutional graph model that its outputs need to ONNX, opset 17. TensorFlow keeps channels
 * last, ONNX first: so [batch, height, width, channels] becomes [batch, channels, height, width] everywhere.
 * Operators: https://onnx.ai/onnx/operators; https://www.tensorflow.org/api_docs/python/tf/raw_ops
 */
export function graphToOnnx(model: GraphModel, input: ValueInfo, outputs: readonly WantedOutput[]): Uint8Array {
  const translation = new Translation(model, input.name);
  for (const { node, info } of outputs) {
    translation.graph.apply('Identity', [translation.value(node)], {}, info.name);
  }
  return translation.graph.serialize(
    'detector',
    17,
    [input],
    outputs.map(({ info }) => info),
  );
}

class Translation {
  readonly graph = new OnnxGraph();
  private readonly model: GraphModel;
  private readonly input: string;
  private readonly values = new Map<string, string>();

  constructor(model: GraphModel, input: string) {
    this.model = model;
    this.input = input;
    this.graph.floats('zero', [], [0]);
    this.graph.floats('six', [], [6]);
    this.graph.floats('twice', [4], [1, 1, 2, 2]);
  }

  /** The ONNX value of a node or a weight; made when it is first asked for. */
  value(name: string): string {
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const node = this.model.nodes.get(name);
    invariant(node, `the model has a node ${name}`);
    const value = this.translate(node);
    this.values.set(name, value);
    return value;
  }

  private translate(node: ModelNode): string {
    const { graph } = this;
    const operand = (place: number) => this.value(node.inputs[place] ?? '');
    switch (node.operator) {
      case 'Placeholder':
        return this.input;
      case 'Const':
        return this.scalar(node.name);
      case 'Conv2D':
      case '_FusedConv2D':
        return this.convolution(node, false);
      case 'DepthwiseConv2dNative':
      case 'FusedDepthwiseConv2dNative':
        return this.convolution(node, true);
      case 'Add':
      case 'Mul':
        return graph.apply(node.operator, [operand(0), operand(1)]);
      case 'Relu':
      case 'Sigmoid':
        return graph.apply(node.operator, [operand(0)]);
      case 'Relu6':
        return graph.apply('Clip', [operand(0), 'zero', 'six']);
      case 'Mean':
        return graph.apply('ReduceMean', [operand(0)], { axes: { ints: [2, 3] }, keepdims: { int: 1 } });
      case 'ConcatV2':
        return graph.apply(
          'Concat',
          node.inputs.slice(0, -1).map((name) => this.value(name)),
          { axis: { int: 1 } },
        );
      case 'ResizeBilinear':
        return this.twiceAsLarge(operand(0));
      default:
        throw new Error(`The operator ${node.operator} of ${node.name} cannot be translated.`);
    }
  }

  /** Products, bias and activation; weights [height, width, in, out] become [out, in / group, height, width]. */
  private convolution(node: ModelNode, isDepthwise: boolean): string {
    const [input = '', weightName = '', biasName] = node.inputs;
    const { shape, values } = this.weight(weightName);
    const [height = 1, width = 1, channels = 1, per = 1] = shape;
    const outputs = isDepthwise ? channels : per;
    const inputs = isDepthwise ? 1 : channels;
    invariant(!isDepthwise || per === 1, `${node.name} has one filter a channel`);
    const turned = new Float32Array(values.length);
    for (let at = 0; at < values.length; at++) {
      const [place, channel] = [Math.floor(at / (channels * per)), at % (channels * per)];
      const [from, to] = isDepthwise ? [0, channel] : [Math.floor(channel / per), channel % per];
      turned[(to * inputs + from) * height * width + place] = values[at] as number;
    }
    const kernel = this.graph.constant(`${node.name}/kernel`, 'float32', [outputs, inputs, height, width], turned);
    const bias = node.fused.includes('BiasAdd') && biasName !== undefined ? [this.vector(node.name, biasName)] : [];
    const [, stride = 1] = node.strides;
    const product = this.graph.apply('Conv', [this.value(input), kernel, ...bias], {
      group: { int: isDepthwise ? channels : 1 },
      strides: { ints: [stride, stride] },
      // TensorFlow's SAME puts what is odd behind, and its VALID is what auto_pad calls so
      auto_pad: { text: node.padding === 'SAME' ? 'SAME_UPPER' : 'VALID' },
    });
    return node.fused.includes('Relu') ? this.graph.apply('Relu', [product]) : product;
  }

  /** Neither corners nor half pixels are aligned. */
  private twiceAsLarge(value: string): string {
    return this.graph.apply('Resize', [value, '', 'twice'], {
      mode: { text: 'linear' },
      coordinate_transformation_mode: { text: 'asymmetric' },
    });
  }

  private vector(node: string, name: string): string {
    const { shape, values } = this.weight(name);
    return this.graph.constant(`${node}/bias`, 'float32', shape, values);
  }

  private scalar(name: string): string {
    const { values } = this.weight(name);
    invariant(values.length === 1, `${name} is one number`);
    return this.graph.floats(name, [], [...values]);
  }

  private weight(name: string): ModelWeight {
    const weight = this.model.weights.get(name);
    invariant(weight, `the model has a weight ${name}`);
    return weight;
  }
}
