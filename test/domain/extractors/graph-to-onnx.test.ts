import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  parseGraphModel,
  type GraphModel,
  type ModelNode,
  type ModelWeight,
} from '../../../src/extractors/image/graph-model.ts';
import { graphToOnnx } from '../../../src/extractors/image/graph-to-onnx.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const rng = seededRng('graph');
const random = (count: number) => Float32Array.from({ length: count }, () => rng.next() * 2 - 1);

/** [row][column][channel], as TensorFlow has it. */
type Grid = number[][][];

const node = (name: string, operator: string, inputs: string[], more: Partial<ModelNode> = {}): ModelNode => {
  return { name, operator, inputs, strides: [1, 1, 1, 1], padding: 'SAME', fused: [], ...more };
};
const weight = (...shape: number[]) => ({ shape, values: random(shape.reduce((a, b) => a * b, 1)) });
const modelOf = (nodes: readonly ModelNode[], weights: GraphModel['weights']): GraphModel => ({
  nodes: new Map([node('x', 'Placeholder', []), ...nodes].map((one) => [one.name, one])),
  weights,
});

/** What ONNX Runtime makes of the translation of the last node. */
async function run(model: GraphModel, input: Grid): Promise<Grid> {
  const channels = input[0]![0]!.length;
  const shape = [1, channels, input.length, input[0]!.length];
  const last = [...model.nodes.keys()].at(-1)!;
  const info = { name: 'y', type: 'float32', shape: [1, 'channels', 'rows', 'columns'] } as const;
  const onnx = graphToOnnx(model, { name: 'input', type: 'float32', shape }, [{ node: last, info }]);
  const session = await InferenceSession.create(onnx, { logSeverityLevel: 3 });
  const values = Float32Array.from(
    Array.from({ length: channels }, (_, channel) =>
      input.flatMap((row) => row.map((pixel) => pixel[channel]!)),
    ).flat(),
  );
  const { y } = await session.run({ input: new Tensor('float32', values, shape) });
  const [, count = 0, rows = 0, columns = 0] = y!.dims;
  const data = y!.data as Float32Array;
  return grid(rows, columns, count, (row, column, channel) => data[(channel * rows + row) * columns + column]!);
}

const grid = (rows: number, columns: number, channels: number, at: (...place: [number, number, number]) => number) =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) =>
      Array.from({ length: channels }, (___, channel) => at(row, column, channel)),
    ),
  );

/** A convolution by its definition, SAME as TensorFlow pads: what is odd goes behind. */
function convolve(x: Grid, { shape, values }: ModelWeight, stride: number, isDepthwise: boolean): Grid {
  const [size = 1, , channels = 1, per = 1] = shape;
  const length = Math.ceil(x.length / stride);
  const before = Math.floor(Math.max((length - 1) * stride + size - x.length, 0) / 2);
  return grid(length, length, isDepthwise ? channels : per, (row, column, to) => {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        for (let from = 0; from < channels; from++) {
          if (isDepthwise && from !== to) continue;
          const value = x[row * stride + i - before]?.[column * stride + j - before]?.[from] ?? 0;
          sum += value * (values[((i * size + j) * channels + from) * per + (isDepthwise ? 0 : to)] as number);
        }
      }
    }
    return sum;
  });
}

const input = (side: number, channels: number): Grid => {
  const values = random(side * side * channels);
  return grid(side, side, channels, (row, column, channel) => values[(row * side + column) * channels + channel]!);
};

function expectClose(found: Grid, wanted: Grid): void {
  expect(found.length).toBe(wanted.length);
  const pairs = found.flat(2).map((value, at) => Math.abs(value - wanted.flat(2)[at]!));
  expect(Math.max(...pairs)).toBeLessThan(1e-5);
}

describe('a graph model, translated', () => {
  it.each([
    [3, 1],
    [3, 2],
    [5, 2],
    [1, 1],
  ])('convolves as TensorFlow does: kernel %i, stride %i', async (size, stride) => {
    const [kernel, bias] = [weight(size, size, 3, 4), weight(4)];
    const strides = [1, stride, stride, 1];
    const model = modelOf(
      [node('y', '_FusedConv2D', ['x', 'kernel', 'bias'], { strides, fused: ['BiasAdd', 'Relu'] })],
      new Map([
        ['kernel', kernel],
        ['bias', bias],
      ]),
    );
    const x = input(8, 3);
    const wanted = convolve(x, kernel, stride, false);
    expectClose(
      await run(model, x),
      wanted.map((row) => row.map((pixel) => pixel.map((sum, to) => Math.max(0, sum + bias.values[to]!)))),
    );
  });

  it('convolves channel by channel', async () => {
    const kernel = weight(5, 5, 6, 1);
    const strides = [1, 2, 2, 1];
    const model = modelOf(
      [node('y', 'DepthwiseConv2dNative', ['x', 'kernel'], { strides })],
      new Map([['kernel', kernel]]),
    );
    const x = input(8, 6);
    expectClose(await run(model, x), convolve(x, kernel, 2, true));
  });

  it('scales to twice the size without aligning corners or half pixels', async () => {
    const model = modelOf([node('y', 'ResizeBilinear', ['x', 'size'])], new Map());
    const x = grid(2, 2, 1, (row, column) => 10 * row + column);
    const wanted = [
      [0, 0.5, 1, 1],
      [5, 5.5, 6, 6],
      [10, 10.5, 11, 11],
      [10, 10.5, 11, 11],
    ];
    expectClose(
      await run(model, x),
      wanted.map((row) => row.map((value) => [value])),
    );
  });

  it('adds, multiplies, means, joins and bends', async () => {
    const half = { shape: [], values: Float32Array.of(0.5) };
    const model = modelOf(
      [
        node('half', 'Const', []),
        node('sum', 'Add', ['x', 'half']),
        node('mean', 'Mean', ['sum', 'axes']),
        node('product', 'Mul', ['mean', 'x']),
        node('bent', 'Relu6', ['product']),
        node('sure', 'Sigmoid', ['x']),
        node('y', 'ConcatV2', ['bent', 'sure', 'axis']),
      ],
      new Map([['half', half]]),
    );
    const x = grid(2, 2, 1, (row, column) => 4 * row - column);
    const mean = (0 - 1 + 4 + 3) / 4 + 0.5;
    const wanted = x.map((row) =>
      row.map(([value = 0]) => [Math.min(6, Math.max(0, mean * value)), 1 / (1 + Math.exp(-value))]),
    );
    expectClose(await run(model, x), wanted);
  });

  it('says which operator it does not know', () => {
    const model = modelOf([node('y', 'Conv3D', ['x'])], new Map());
    const info = { name: 'y', type: 'float32', shape: [1] } as const;
    const translate = () => graphToOnnx(model, { name: 'input', type: 'float32', shape: [1] }, [{ node: 'y', info }]);
    expect(translate).toThrow('The operator Conv3D of y cannot be translated.');
  });
});

describe('a graph model’s files', () => {
  it('give nodes with their attributes, and weights in the order of the manifest', () => {
    const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
    const json = {
      modelTopology: {
        node: [
          {
            ...{ name: 'c', op: '_FusedConv2D', input: ['x', 'k'] },
            attr: {
              strides: { list: { i: ['1', '2', '2', '1'] } },
              padding: text('SAME'),
              fused_ops: { list: { s: [text('Relu').s] } },
            },
          },
        ],
      },
      weightsManifest: [
        {
          weights: [
            { name: 'k', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
            { name: 'n', shape: [], dtype: 'int32' },
            { name: 'f', shape: [1], dtype: 'float32' },
          ],
        },
      ],
    };
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(0x3c00, 0); // 1
    bytes.writeUInt16LE(0xc100, 2); // -2.5
    bytes.writeInt32LE(-7, 4);
    bytes.writeFloatLE(0.25, 8);
    const { nodes, weights } = parseGraphModel(JSON.stringify(json), bytes);
    expect(nodes.get('c')).toEqual({
      ...{ name: 'c', operator: '_FusedConv2D', inputs: ['x', 'k'], strides: [1, 2, 2, 1] },
      ...{ padding: 'SAME', fused: ['Relu'] },
    });
    expect([...weights.values()].map(({ values }) => [...values])).toEqual([[1, -2.5], [-7], [0.25]]);
    expect(() => parseGraphModel(JSON.stringify(json), bytes.subarray(0, 11))).toThrow(/the weights hold all of f/);
  });
});
