import { createRequire } from 'node:module';
import path from 'node:path';

/** Where the detector's topology and weights lie. */
export interface DetectorFiles {
  topologyPath: string;
  weightsPath: string;
}

export const detectorPackage = '@vladmandic/human';

/** In the optional package that ships them; null: it is not installed. */
export function locateDetector(): DetectorFiles | null {
  const require = createRequire(import.meta.url);
  try {
    const models = path.join(path.dirname(require.resolve(detectorPackage)), '..', 'models');
    return { topologyPath: path.join(models, 'centernet.json'), weightsPath: path.join(models, 'centernet.bin') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}
