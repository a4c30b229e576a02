import type { ExtractorRegistry, VectorExtractor } from '../extractors/extractor.ts';
import type { CollectionStore } from './collection-store.ts';

/** Has each extractor that some collection uses embed a word, so that no search waits for its model to be loaded. */
export async function warmUpExtractors(deps: {
  collections: Pick<CollectionStore, 'extractedFeatureUris'>;
  extractors: Pick<ExtractorRegistry, 'resolve'>;
}): Promise<void> {
  const inUse = new Set<VectorExtractor>();
  for (const featureUri of await deps.collections.extractedFeatureUris()) {
    const extractor = deps.extractors.resolve(featureUri);
    if (extractor?.kind === 'vector') inUse.add(extractor);
  }
  await Promise.all(Array.from(inUse, (extractor) => extractor.embed(['warm'], 'query')));
}
