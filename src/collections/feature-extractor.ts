import type { Extractor, ExtractorRegistry } from '../extractors/extractor.ts';
import { ConflictError } from '../shared/errors.ts';
import type { FeatureSpec } from './collection.ts';

/**
 * Refuses an extractor whose output must not meet what is in the feature's index.
 * @throws ConflictError FEATURE_MODEL_CHANGED
 */
export function assertSameModel(
  feature: FeatureSpec,
  extractor: Extractor | null,
  path: readonly (string | number)[] = [],
): asserts extractor is Extractor {
  if (extractor !== null && fingerprint(feature) === fingerprint(describeExtractor(extractor))) return;
  const now =
    extractor === null ? 'no extractor is configured for it' : `it is ${fingerprint(describeExtractor(extractor))}`;
  throw new ConflictError(
    `The index of ${feature.featureUri} was filled by ${fingerprint(feature)}, and now ${now}; the two must not be mixed. ` +
      'Configure the former model, or create the collection anew and send its documents again.',
    'FEATURE_MODEL_CHANGED',
    path,
  );
}

/**
 * What fills the feature and turns texts into queries for it; null where the caller brings the vectors.
 * @throws ConflictError FEATURE_MODEL_CHANGED
 */
export function extractorOf(
  feature: FeatureSpec,
  extractors: ExtractorRegistry,
  path: readonly (string | number)[] = [],
): Extractor | null {
  if (feature.extractor === null) return null;
  const extractor = extractors.resolve(feature.featureUri);
  assertSameModel(feature, extractor, path);
  return extractor;
}

type Filling = Pick<FeatureSpec, 'kind' | 'model' | 'precision' | 'dimensions'>;

/** What an index that this extractor fills has to record. */
export function describeExtractor(extractor: Extractor): Filling {
  const dimensions = extractor.kind === 'vector' ? extractor.dimensions : null;
  return { kind: extractor.kind, model: extractor.model, precision: extractor.precision, dimensions };
}

function fingerprint({ kind, model, precision, dimensions }: Filling): string {
  return `${model} (${kind}, ${precision}${dimensions === null ? '' : `, ${dimensions} dimensions`})`;
}
