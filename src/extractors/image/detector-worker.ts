import { workerData } from 'node:worker_threads';
import { serveModel } from '../model-worker.ts';
import { decodePicture, UnreadablePicture } from './decode-picture.ts';
import { loadDetector, type Detection } from './detector.ts';
import type { DetectorFiles } from './locate-detector.ts';

export interface DetectorData {
  files: DetectorFiles;
  threads: number;
}

/** A picture's detection, or what is wrong with it. */
export type Seen = { detection: Detection; fault: null } | { detection: null; fault: string };

/** Loads the detector in this worker thread, and decodes and looks at the data URLs that it is sent, one after another. */
function serveDetector(): Promise<void> {
  return serveModel<readonly string[], Seen[]>(async () => {
    const { files, threads } = workerData as DetectorData;
    const detector = await loadDetector(files, threads);
    const look = async (url: string): Promise<Seen> => {
      try {
        return { detection: await detector.detect(decodePicture(url)), fault: null };
      } catch (error) {
        if (error instanceof UnreadablePicture) return { detection: null, fault: error.message };
        throw error;
      }
    };
    let last: Promise<unknown> = Promise.resolve();
    return {
      answer(urls) {
        const seen = last.then(async () => {
          const all: Seen[] = [];
          for (const url of urls) all.push(await look(url));
          return all;
        });
        last = seen.catch(() => undefined);
        return seen;
      },
      transfer: (seen) =>
        seen.flatMap(({ detection }) =>
          detection === null ? [] : [detection.scores.buffer as ArrayBuffer, detection.look.buffer as ArrayBuffer],
        ),
      close: () => detector.close(),
    };
  });
}

await serveDetector();
