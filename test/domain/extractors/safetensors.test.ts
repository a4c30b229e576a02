import { describe, expect, it } from 'vitest';
import { halfToFloat } from '../../../src/extractors/half-float.ts';
import { parseSafetensors, toFloat32 } from '../../../src/extractors/minilm/safetensors.ts';

function safetensors(header: object, data: readonly number[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

describe('the safetensors reader', () => {
  it('finds each tensor by name, wherever the header leaves the data aligned', () => {
    const header = {
      __metadata__: { format: 'pt' },
      a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      bb: { dtype: 'F16', shape: [1, 1], data_offsets: [4, 6] },
    };
    const tensors = parseSafetensors(safetensors(header, [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38]));
    expect([...tensors.keys()]).toEqual(['a', 'bb']);
    expect(toFloat32(tensors.get('a')!)).toEqual(Float32Array.of(1, -2));
    expect(toFloat32(tensors.get('bb')!)).toEqual(Float32Array.of(0.5));
  });

  it('refuses offsets and a header that point outside the file', () => {
    const header = { a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } };
    expect(() => parseSafetensors(safetensors(header, [0, 0]))).toThrow(/tensor a lies within/);
    expect(() => parseSafetensors(safetensors(header, []).subarray(0, 12))).toThrow(/header ends within/);
    expect(() => parseSafetensors(new Uint8Array(3))).toThrow(/starts with the length/);
  });

  it('refuses to read another type as half precision', () => {
    const tensors = parseSafetensors(
      safetensors({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, [0, 0, 0, 0, 0, 0, 0, 0]),
    );
    expect(() => toFloat32(tensors.get('a')!)).toThrow(/expected half precision, found I64/);
  });

  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7bff, 65_504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
  ])('reads the half-precision bits %i as %d', (bits, value) => {
    expect(halfToFloat[bits]).toBe(value);
  });
});
