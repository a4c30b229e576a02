import { invariant } from '../../shared/invariant.ts';
import { widen } from '../half-float.ts';

/** One tensor of the file: the raw little-endian bytes of `shape`, row-major. */
export interface SafeTensor {
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

interface TensorHeader {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const lengthBytes = 8;

/**
 * Reads a safetensors file: a 64-bit header length, a JSON header of name → dtype, shape and offsets, then the data.
 * Format: https://huggingface.co/docs/safetensors (section "Format").
 * @throws Error where the header points outside the file
 */
export function parseSafetensors(file: Uint8Array): Map<string, SafeTensor> {
  invariant(file.byteLength >= lengthBytes, 'a safetensors file starts with the length of its header');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const dataStart = lengthBytes + headerLength;
  invariant(dataStart <= file.byteLength, 'the safetensors header ends within the file');

  const header = JSON.parse(new TextDecoder().decode(file.subarray(lengthBytes, dataStart))) as Record<
    string,
    TensorHeader
  >;
  const tensors = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = [dataStart + offsets[0], dataStart + offsets[1]];
    invariant(start <= end && end <= file.byteLength, `tensor ${name} lies within the file`);
    tensors.set(name, { dtype, shape, bytes: file.subarray(start, end) });
  }
  return tensors;
}

/** The bit patterns of a half-precision tensor, copied out because the file does not align them. */
export function halfBits(tensor: SafeTensor): Uint16Array {
  invariant(tensor.dtype === 'F16', `expected half precision, found ${tensor.dtype}`);
  return new Uint16Array(new Uint8Array(tensor.bytes).buffer);
}

/** The tensor's values in single precision. */
export function toFloat32(tensor: SafeTensor): Float32Array {
  return widen(halfBits(tensor));
}
