/**
 * MurmurHash3, x86 32-bit variant, by Austin Appleby (public domain; https://github.com/aappleby/smhasher).
 * Returns an unsigned 32-bit integer, the same on every machine.
 */
export function murmur3(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocksEnd = bytes.byteLength & ~3;
  let hash = seed;
  for (let offset = 0; offset < blocksEnd; offset += 4) {
    hash ^= scramble(view.getUint32(offset, true));
    hash = Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let offset = bytes.byteLength - 1; offset >= blocksEnd; offset--) tail = (tail << 8) | view.getUint8(offset);
  hash ^= scramble(tail);
  return finalize(hash ^ bytes.byteLength);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function scramble(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

/** Lets every input bit reach every output bit. */
function finalize(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
