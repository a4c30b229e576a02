import { unitVector } from '../../shared/unit-vector.ts';
import type { VectorExtractor } from '../extractor.ts';
import { isPictureUrl } from '../picture-url.ts';
import { UnreadableInputs } from '../unreadable-inputs.ts';
import { categories } from './categories.ts';
import type { Detection } from './detector.ts';
import type { Eyes } from './eyes.ts';

const TOP = 3;
/** Below, what it takes a picture for is a guess. */
const LEAST_SCORE = 0.1;

/**
 * Finds pictures by the things in them, from texts and from pictures: a picture is the embeddings of the names of the three
 * categories that a detector is surest of, weighted by how sure it is; a text is its own embedding. A document's picture in
 * which nothing is recognised is a vector of zeros, which no index takes; a query by such a one is refused.
 */
export function createThings(text: VectorExtractor, eyes: Eyes): VectorExtractor {
  let names: Promise<Float32Array[]> | null = null;

  /** One by one, as a query's vector does not depend on its company. */
  async function namesOfCategories(): Promise<Float32Array[]> {
    names ??= text.embed(categories, 'query');
    names.catch(() => (names = null));
    return names;
  }

  return {
    kind: 'vector',
    name: 'things',
    model: `mobilenetv3-centernet/coco+${text.model}`,
    precision: `float32+${text.precision}`,
    dimensions: text.dimensions,
    async embed(inputs, purpose) {
      const places = [...inputs.keys()];
      const pictures = places.filter((place) => isPictureUrl(inputs[place] ?? ''));
      const texts = places.filter((place) => !isPictureUrl(inputs[place] ?? ''));
      const [seen, read] = await Promise.all([
        look(eyes, inputs, pictures),
        text.embed(
          texts.map((place) => inputs[place] ?? ''),
          purpose,
        ),
      ]);
      const vectors = new Map(texts.map((place, index) => [place, read[index] as Float32Array]));
      if (pictures.length > 0) {
        const named = await namesOfCategories();
        const unknown = pictures.filter((_, index) => !isRecognised(seen[index] as Detection));
        if (unknown.length > 0 && purpose === 'query') {
          throw new UnreadableInputs(new Map(unknown.map((place) => [place, nothingRecognised])));
        }
        pictures.forEach((place, index) => vectors.set(place, mixOf(seen[index] as Detection, named)));
      }
      return places.map((place) => vectors.get(place) as Float32Array);
    },
    async warmUp() {
      await Promise.all([eyes.open(), namesOfCategories()]);
    },
    close: () => eyes.close(),
  };
}

/** Faults are told by the places of all inputs. */
async function look(eyes: Eyes, inputs: readonly string[], pictures: readonly number[]): Promise<Detection[]> {
  try {
    return await eyes.look(pictures.map((place) => inputs[place] ?? ''));
  } catch (error) {
    if (!(error instanceof UnreadableInputs)) throw error;
    throw new UnreadableInputs(new Map([...error.faults].map(([index, fault]) => [pictures[index] as number, fault])));
  }
}

const nothingRecognised =
  'Nothing is recognised in the picture: this feature knows the 80 everyday things of COCO, such as a chair, a dog or a cup.';

function isRecognised({ scores }: Detection): boolean {
  return Math.max(...scores) >= LEAST_SCORE;
}

function mixOf(detection: Detection, named: readonly Float32Array[]): Float32Array {
  const mix = new Float32Array(named[0]?.length ?? 0);
  if (!isRecognised(detection)) return mix;
  const best = [...detection.scores.entries()].sort(([, one], [, other]) => other - one).slice(0, TOP);
  for (const [category, score] of best) {
    named[category]?.forEach((value, at) => (mix[at] = (mix[at] as number) + score * value));
  }
  return unitVector(mix) ?? mix;
}
