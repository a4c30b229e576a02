import type { Extractor, ExtractorRegistry, LexicalExtractor, VectorExtractor } from '../extractors/extractor.ts';
import { invariant } from '../shared/invariant.ts';
import type { CheckedDocument } from './check-document.ts';
import type { Collection, CollectionFeature, IndexedDocument } from './collection.ts';
import { documentText } from './document-text.ts';
import { extractorOf } from './feature-extractor.ts';
import { unitVector } from '../shared/unit-vector.ts';

/** Texts a model sees at once: what bounds the memory of a call of a thousand. */
const EMBEDDING_BATCH = 64;
/** A B-tree page holds no entry of more than 2.7 kB; no word is that long. */
const MAX_TERM_LENGTH = 256;

type Vectors = Map<number, Float32Array>;
type Terms = Map<number, ReadonlyMap<string, number>>;

/**
 * Runs the collection's extractors over the documents.
 * @throws ConflictError FEATURE_MODEL_CHANGED before any of them has run
 */
export async function indexDocuments(
  collection: Collection,
  documents: readonly CheckedDocument[],
  extractors: ExtractorRegistry,
): Promise<IndexedDocument[]> {
  const fillings: { feature: CollectionFeature; extractor: Extractor }[] = [];
  for (const feature of collection.features) {
    const extractor = extractorOf(feature, extractors, ['input', 'collectionId']);
    if (extractor !== null) fillings.push({ feature, extractor });
  }
  const vectors = documents.map((document): Vectors => new Map(document.vectors));
  const terms = documents.map((): Terms => new Map());
  for (const { feature, extractor } of fillings) {
    const texts = documents.map((document) => documentText(document, feature.fields));
    if (extractor.kind === 'vector') await embed(extractor, feature.id, texts, vectors);
    else count(extractor, feature.id, texts, terms);
  }
  return documents.map(({ documentId, content, metadata }, index) => {
    const own = { vectors: vectors[index], terms: terms[index] };
    invariant(own.vectors && own.terms, 'every document has its index entries');
    return { documentId, content, metadata, vectors: own.vectors, terms: own.terms };
  });
}

async function embed(
  extractor: VectorExtractor,
  featureId: number,
  texts: readonly string[],
  vectors: readonly Vectors[],
): Promise<void> {
  const filled = [...texts.entries()].filter(([, text]) => text !== '');
  for (let start = 0; start < filled.length; start += EMBEDDING_BATCH) {
    const batch = filled.slice(start, start + EMBEDDING_BATCH);
    const embedded = await extractor.embed(
      batch.map(([, text]) => text),
      'document',
    );
    batch.forEach(([document], index) => {
      const vector = unitVector(embedded[index] ?? []);
      if (vector !== null) vectors[document]?.set(featureId, vector);
    });
  }
}

function count(
  extractor: LexicalExtractor,
  featureId: number,
  texts: readonly string[],
  terms: readonly Terms[],
): void {
  texts.forEach((text, document) => {
    const counts = [...extractor.terms(text)].filter(([term]) => term.length <= MAX_TERM_LENGTH);
    if (counts.length > 0) terms[document]?.set(featureId, new Map(counts));
  });
}
