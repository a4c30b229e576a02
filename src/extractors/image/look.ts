import { unitVector } from '../../shared/unit-vector.ts';
import type { VectorExtractor } from '../extractor.ts';
import { isPictureUrl } from '../picture-url.ts';
import { UnreadableInputs } from '../unreadable-inputs.ts';
import { lookLength } from './detector.ts';
import type { Eyes } from './eyes.ts';

/** Finds pictures that look alike, from pictures alone: by what the detector's backbone makes of them. */
export function createLook(eyes: Eyes): VectorExtractor {
  return {
    kind: 'vector',
    name: 'look',
    model: 'mobilenetv3-centernet/backbone',
    precision: 'float32',
    dimensions: lookLength,
    async embed(inputs) {
      const texts = [...inputs.keys()].filter((place) => !isPictureUrl(inputs[place] ?? ''));
      if (texts.length > 0) throw new UnreadableInputs(new Map(texts.map((place) => [place, picturesOnly])));
      return (await eyes.look(inputs)).map(({ look }) => unitVector(look) ?? look);
    },
    warmUp: () => eyes.open(),
    close: () => eyes.close(),
  };
}

const picturesOnly = 'This feature takes pictures alone, as data URLs such as data:image/png;base64,iVBORw0….';
