import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { EmbeddingPurpose, VectorExtractor } from '../../src/extractors/extractor.ts';
import { createEyes } from '../../src/extractors/image/eyes.ts';
import { locateDetector } from '../../src/extractors/image/locate-detector.ts';
import { createLook } from '../../src/extractors/image/look.ts';
import { createThings } from '../../src/extractors/image/things.ts';
import { createMiniLm } from '../../src/extractors/minilm/minilm.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { blank, clock, donut, jpegOf, pngOf, stopSign, umbrella } from '../fixtures/drawn-pictures.ts';
import { cosine } from '../fixtures/vectors.ts';

const miniLm = createMiniLm();
const eyes = createEyes();
const things = createThings(miniLm, eyes);
const look = createLook(eyes);
afterAll(async () => {
  await eyes.close();
  await miniLm.close();
});

const drawn = { clock: pngOf(clock), donut: pngOf(donut), 'stop sign': pngOf(stopSign), umbrella: pngOf(umbrella) };
type Drawn = keyof typeof drawn;

async function embedOne(extractor: VectorExtractor, input: string, purpose: EmbeddingPurpose): Promise<Float32Array> {
  const [vector] = await extractor.embed([input], purpose);
  return vector!;
}

/** The names of the drawings, the nearest to the query first. */
async function found(extractor: VectorExtractor, query: string): Promise<Drawn[]> {
  const vectors = await extractor.embed(Object.values(drawn), 'document');
  const asked = await embedOne(extractor, query, 'query');
  const names = Object.keys(drawn) as Drawn[];
  const distance = (name: Drawn) => cosine(asked, vectors[names.indexOf(name)]!);
  return names.sort((one, other) => distance(other) - distance(one));
}

describe('the feature of things', () => {
  it.each([
    ['what tells me the time', 'clock'],
    ['something sweet from the bakery', 'donut'],
    ['traffic must stop here', 'stop sign'],
    ['keeps me dry in the rain', 'umbrella'],
  ] as const)('finds by the text %j the picture of a %s', async (text, name) => {
    expect((await found(things, text))[0]).toBe(name);
  });

  it.each([
    ['clock', clock],
    ['donut', donut],
    ['stop sign', stopSign],
    ['umbrella', umbrella],
  ] as const)('finds by another picture of a %s the one that is there', async (name, drawing) => {
    expect((await found(things, jpegOf(drawing, 333)))[0]).toBe(name);
  });

  it('gives a text the vector that the model of texts gives it, beside pictures as well', async () => {
    const [, text] = await things.embed([drawn.clock, 'a clock'], 'query');
    expect(text).toEqual(await embedOne(miniLm, 'a clock', 'query'));
  });

  it('makes nothing of a document in which nothing is recognised, and refuses to be asked by it', async () => {
    const vector = await embedOne(things, pngOf(blank), 'document');
    expect(Math.max(...vector.map(Math.abs))).toBe(0);
    await expect(things.embed([pngOf(blank)], 'query')).rejects.toMatchObject({
      code: 'UNREADABLE_INPUT',
      message: expect.stringMatching(/^Nothing is recognised in the picture/) as string,
    });
  });

  it('says which of several pictures cannot be read', async () => {
    const broken = drawn.clock.slice(0, 2_000);
    const embedded = things.embed(['text', drawn.clock, broken, 'more', 'data:image/gif;base64,R0lGODlh'], 'document');
    await expect(embedded).rejects.toMatchObject({
      faults: new Map([
        [2, 'The picture is no whole PNG: send it anew.'],
        [4, 'The picture is neither a PNG nor a JPEG: convert it to one of them.'],
      ]),
    });
  });
});

describe('the feature of looks', () => {
  it('finds a picture by the same thing in another size and format, and is a unit vector', async () => {
    expect((await found(look, jpegOf(stopSign, 411)))[0]).toBe('stop sign');
    expect((await found(look, jpegOf(donut, 100)))[0]).toBe('donut');
    expect(Math.hypot(...(await embedOne(look, drawn.clock, 'document')))).toBeCloseTo(1, 5);
  });

  it('takes no text', async () => {
    await expect(look.embed([drawn.clock, 'a clock'], 'query')).rejects.toMatchObject({
      faults: new Map([[1, expect.stringMatching(/takes pictures alone/) as string]]),
    });
  });
});

describe('the detector', () => {
  it('is not there where its package is not installed, and that is said with the remedy', async () => {
    const without = createThings(miniLm, createEyes({ files: null }));
    await expect(without.embed([drawn.clock], 'document')).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'EXTRACTOR_NOT_INSTALLED',
      message: expect.stringMatching(
        /package @vladmandic\/human.*run "npm ci" there without --omit=optional/,
      ) as string,
    });
    await without.warmUp!();
    expect(await without.embed(['texts go on'], 'query')).toHaveLength(1);
  });

  it('takes no other weights than those that it was proven with', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-detector-'));
    const { topologyPath, weightsPath } = locateDetector()!;
    const weights = await readFile(weightsPath);
    weights[1_000] = (weights[1_000] ?? 0) ^ 1;
    const other = path.join(folder, 'weights.bin');
    await writeFile(other, weights);
    const tampered = createEyes({ files: { topologyPath, weightsPath: other } });
    await expect(tampered.look([drawn.clock])).rejects.toThrow(OperatorError);
    await expect(tampered.look([drawn.clock])).rejects.toThrow(/is not the pinned one \(sha256/);
    await rm(folder, { recursive: true });
  });

  it('sees the same in a picture whenever it looks', async () => {
    const others = createEyes();
    const [one] = await eyes.look([drawn.umbrella]);
    const [, again, twice] = await others.look([drawn.clock, drawn.umbrella, drawn.umbrella]);
    await others.close();
    expect(again).toEqual(one);
    expect(twice).toEqual(one);
  });
});
