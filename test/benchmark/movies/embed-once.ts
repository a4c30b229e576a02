import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMiniLm } from '../../../src/extractors/minilm/minilm.ts';

/** What takes long to make and is the same in every run: outside of the repository, and safe to delete. */
export const cacheFolder = path.join(tmpdir(), 'attune-benchmark');

const AT_ONCE = 128;

/** MiniLM's vector of each text. They are kept in the temporary folder: ten thousand texts take a minute or two. */
export async function embedOnce(
  name: string,
  texts: readonly string[],
  say: (line: string) => void,
): Promise<Float32Array[]> {
  const minilm = createMiniLm({ threads: 2 });
  const { model, precision, dimensions } = minilm;
  const key = createHash('sha256')
    .update(JSON.stringify([model, precision, texts]))
    .digest('hex')
    .slice(0, 16);
  const file = path.join(cacheFolder, `${name}-${key}.f32`);
  try {
    if (!existsSync(file)) {
      const all = new Float32Array(texts.length * dimensions);
      for (let from = 0; from < texts.length; from += AT_ONCE) {
        const vectors = await minilm.embed(texts.slice(from, from + AT_ONCE), 'document');
        vectors.forEach((vector, index) => all.set(vector, (from + index) * dimensions));
        if (from % (AT_ONCE * 16) === 0) say(`  embedding ${from} of ${texts.length} texts`);
      }
      mkdirSync(cacheFolder, { recursive: true });
      const unfinished = `${file}.${process.pid}`;
      writeFileSync(unfinished, new Uint8Array(all.buffer));
      renameSync(unfinished, file);
    }
  } finally {
    await minilm.close();
  }
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return texts.map((_, index) => all.subarray(index * dimensions, (index + 1) * dimensions));
}
