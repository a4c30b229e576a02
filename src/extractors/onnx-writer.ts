/**
 * Writes an ONNX model: just the messages of onnx.proto that a feed-forward graph needs.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; wire format:
 * https://protobuf.dev/programming-guides/encoding.
 */

/** TensorProto.DataType. */
export const elementType = { float32: 1, int8: 3, int64: 7, float16: 10 } as const;
export type ElementType = keyof typeof elementType;

/** AttributeProto.AttributeType, and the field that holds such a value. */
const attributeKinds = {
  float: { type: 1, field: 2 },
  int: { type: 2, field: 3 },
  text: { type: 3, field: 4 },
  ints: { type: 7, field: 8 },
} as const;
export type Attribute = { float: number } | { int: number } | { text: string } | { ints: readonly number[] };
export type Attributes = Readonly<Record<string, Attribute>>;

/** An input or output of the model; a dimension is a length or the name of a free one. */
export interface ValueInfo {
  name: string;
  type: ElementType;
  shape: readonly (number | string)[];
}

/** A protobuf message under construction: kept as a list of parts, so that weights are copied once, at the end. */
class Message {
  private readonly parts: Uint8Array[] = [];
  private byteLength = 0;

  private append(part: Uint8Array): void {
    this.parts.push(part);
    this.byteLength += part.byteLength;
  }

  private tag(field: number, wireType: number): void {
    this.append(varint((field << 3) | wireType));
  }

  integer(field: number, value: number): this {
    this.tag(field, 0);
    this.append(varint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.tag(field, 5);
    this.append(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.append(varint(value.byteLength));
    this.append(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    this.tag(field, 2);
    this.append(varint(value.byteLength));
    for (const part of value.parts) this.append(part);
    return this;
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength);
    let offset = 0;
    for (const part of this.parts) {
      bytes.set(part, offset);
      offset += part.byteLength;
    }
    return bytes;
  }
}

/** Base-128, least significant group first; a negative number as its 64-bit two's complement. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const groups: number[] = [];
  do {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    groups.push(rest > 0n ? group | 0x80 : group);
  } while (rest > 0n);
  return Uint8Array.from(groups);
}

function attributeMessage(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if ('float' in attribute) {
    return message.float(attributeKinds.float.field, attribute.float).integer(20, attributeKinds.float.type);
  }
  if ('int' in attribute) {
    return message.integer(attributeKinds.int.field, attribute.int).integer(20, attributeKinds.int.type);
  }
  if ('text' in attribute) {
    return message.text(attributeKinds.text.field, attribute.text).integer(20, attributeKinds.text.type);
  }
  for (const value of attribute.ints) message.integer(attributeKinds.ints.field, value);
  return message.integer(20, attributeKinds.ints.type);
}

function valueInfoMessage({ name, type, shape }: ValueInfo): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.message(1, typeof size === 'number' ? new Message().integer(1, size) : new Message().text(2, size));
  }
  const tensorType = new Message().integer(1, elementType[type]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

/** A graph under construction. Values are known by name; every operator's outputs get fresh ones. */
export class OnnxGraph {
  private readonly nodes: Message[] = [];
  private readonly constants: Message[] = [];
  private values = 0;

  /** Adds a tensor that is part of the model; returns its name. */
  constant(name: string, type: ElementType, shape: readonly number[], data: ArrayBufferView): string {
    const tensor = new Message();
    for (const size of shape) tensor.integer(1, size);
    tensor.integer(2, elementType[type]).text(8, name);
    tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.constants.push(tensor);
    return name;
  }

  /** Adds a small float32 constant. */
  floats(name: string, shape: readonly number[], values: readonly number[]): string {
    return this.constant(name, 'float32', shape, Float32Array.from(values));
  }

  /** Adds a small list of int64, such as a shape or axes. */
  integers(name: string, values: readonly number[]): string {
    return this.constant(name, 'int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Applies an operator with one output; returns the output's name. */
  apply(operator: string, inputs: readonly string[], attributes: Attributes = {}, output = this.fresh()): string {
    this.addNode(operator, inputs, attributes, [output]);
    return output;
  }

  /** Applies an operator with three outputs; returns their names. */
  applyForThree(operator: string, inputs: readonly string[], attributes: Attributes = {}): [string, string, string] {
    const outputs: [string, string, string] = [this.fresh(), this.fresh(), this.fresh()];
    this.addNode(operator, inputs, attributes, outputs);
    return outputs;
  }

  /** The finished ModelProto. */
  serialize(name: string, opset: number, inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): Uint8Array {
    const graph = new Message();
    for (const node of this.nodes) graph.message(1, node);
    graph.text(2, name);
    for (const constant of this.constants) graph.message(5, constant);
    for (const input of inputs) graph.message(11, valueInfoMessage(input));
    for (const output of outputs) graph.message(12, valueInfoMessage(output));
    const irVersion = 8;
    return new Message()
      .integer(1, irVersion)
      .text(2, 'attune')
      .message(7, graph)
      .message(8, new Message().text(1, '').integer(2, opset))
      .finish();
  }

  private fresh(): string {
    return `value${this.values++}`;
  }

  private addNode(operator: string, inputs: readonly string[], attributes: Attributes, outputs: readonly string[]) {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(4, operator);
    for (const [name, attribute] of Object.entries(attributes)) node.message(5, attributeMessage(name, attribute));
    this.nodes.push(node);
  }
}
