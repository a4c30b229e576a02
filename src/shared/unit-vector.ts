/**
 * The vector scaled to length 1, which leaves its cosine to any other as it was, and neither overflows nor vanishes in
 * single precision. Null where no cosine is defined: all zeros, or a NaN or infinite number.
 */
export function unitVector(values: ArrayLike<number>): Float32Array | null {
  let largest = 0;
  for (let index = 0; index < values.length; index += 1) {
    const magnitude = Math.abs(values[index] as number);
    if (!Number.isFinite(magnitude)) return null;
    largest = Math.max(largest, magnitude);
  }
  if (largest === 0) return null;
  // scaled by the largest first, or the squares of very large and very small numbers are lost
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) squares += ((values[index] as number) / largest) ** 2;
  const norm = Math.sqrt(squares);
  return Float32Array.from(values, (value) => value / largest / norm);
}
