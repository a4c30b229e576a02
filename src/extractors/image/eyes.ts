import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ConflictError, OperatorError } from '../../shared/errors.ts';
import { lazyModelThread } from '../model-thread.ts';
import { UnreadableInputs } from '../unreadable-inputs.ts';
import type { DetectorData, Seen } from './detector-worker.ts';
import type { Detection } from './detector.ts';
import { detectorPackage, locateDetector, type DetectorFiles } from './locate-detector.ts';

/** The detector, which several features look through. */
export interface Eyes {
  /**
   * What is in each picture, in order.
   * @param pictures data URLs
   * @throws UnreadableInputs, ConflictError EXTRACTOR_NOT_INSTALLED
   */
  look(pictures: readonly string[]): Promise<Detection[]>;
  /** Loads the detector where it is installed. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface EyesOptions {
  /** Where the model lies; null: nowhere. Default: in its npm package, where that is installed. */
  files?: DetectorFiles | null;
  /** Processor threads of one run. Default 1: pictures come in numbers, and searches go on meanwhile. */
  threads?: number;
}

/** Pictures whose detections are kept, some 1 kB each: a document's picture may fill several features. */
const REMEMBERED = 1_000;

/** Nothing is loaded before the first picture comes. */
export function createEyes({ files = locateDetector(), threads = 1 }: EyesOptions = {}): Eyes {
  if (files === null) return closedEyes;
  const data: DetectorData = { files, threads };
  const detector = lazyModelThread<readonly string[], Seen[]>({
    name: 'detector',
    entry: new URL('./detector-worker-entry.mjs', import.meta.url),
    data,
    unusable: (reason) =>
      new OperatorError(
        `The detector of pictures cannot be loaded (${reason}): install the packages again with \`npm ci\`.`,
      ),
  });
  const remembered = new LRUCache<string, Seen>({ max: REMEMBERED });

  async function see(pictures: readonly string[]): Promise<Seen[]> {
    const keys = pictures.map((picture) => createHash('sha256').update(picture).digest('base64url'));
    const known = new Map(keys.map((key) => [key, remembered.get(key)]));
    const unknown = [...known].flatMap(([key, seen]) => (seen === undefined ? [key] : []));
    const looked =
      unknown.length === 0 ? [] : await detector.ask(unknown.map((key) => pictures[keys.indexOf(key)] ?? ''));
    looked.forEach((seen, index) => {
      known.set(unknown[index] as string, seen);
      remembered.set(unknown[index] as string, seen);
    });
    return keys.map((key) => known.get(key) as Seen);
  }

  return {
    async look(pictures) {
      const seen = await see(pictures);
      const faults = new Map(
        seen.flatMap(({ fault }, place): [number, string][] => (fault === null ? [] : [[place, fault]])),
      );
      if (faults.size > 0) throw new UnreadableInputs(faults);
      return seen.flatMap(({ detection }) => (detection === null ? [] : [detection]));
    },
    open: async () => void (await detector.ask([])),
    close: () => detector.close(),
  };
}

/** Where the detector is not installed. */
const closedEyes: Eyes = {
  look: async (pictures) => {
    if (pictures.length > 0) throw notInstalled();
    return [];
  },
  open: async () => {},
  close: async () => {},
};

function notInstalled(): ConflictError {
  return new ConflictError(
    `The optional package ${detectorPackage}, which looks at pictures, is not installed on the server: run "npm ci" there ` +
      'without --omit=optional, or let a model behind an API stand behind the feature (ATTUNE_FEATURES).',
    'EXTRACTOR_NOT_INSTALLED',
  );
}
