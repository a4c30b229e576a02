import type { ExtractorRegistry, VectorExtractor } from '../extractors/extractor.ts';
import type { CollectionStore } from './collection-store.ts';

type Extractors = Pick<ExtractorRegistry, 'resolve'>;

/** Has each extractor that some collection uses load its model, so that no search waits for it. */
export async function warmUpExtractors(deps: {
  collections: Pick<CollectionStore, 'extractedFeatureUris'>;
  extractors: Extractors;
}): Promise<void> {
  await warmUp(deps.extractors, await deps.collections.extractedFeatureUris());
}

/** The same for extractors that are known to be used. */
export async function warmUp(extractors: Extractors, featureUris: readonly string[]): Promise<void> {
  const inUse = new Set<VectorExtractor>();
  for (const featureUri of featureUris) {
    const extractor = extractors.resolve(featureUri);
    if (extractor?.kind === 'vector') inUse.add(extractor);
  }
  await Promise.all(Array.from(inUse, loadModel));
}

async function loadModel(extractor: VectorExtractor): Promise<void> {
  if (extractor.warmUp === undefined) await extractor.embed(['warm'], 'query');
  else await extractor.warmUp();
}
