/** IEEE 754 binary16 → binary32 for each of the 65,536 bit patterns. */
export const halfToFloat: Float32Array = Float32Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** Half precision to single precision. */
export function widen(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfToFloat[bits[i] as number] as number;
  return values;
}
