import type { Extractor, ExtractorRegistry, LexicalExtractor, VectorExtractor } from '../extractors/extractor.ts';
import { RefusedInputs, UnreadableInputs } from '../extractors/unreadable-inputs.ts';
import { invariant } from '../shared/invariant.ts';
import { unitVector } from '../shared/unit-vector.ts';
import type { CheckedDocument } from './check-document.ts';
import type { UpsertDocumentsResult } from './collection-input.ts';
import type { Collection, CollectionFeature, IndexedDocument } from './collection.ts';
import { documentText } from './document-text.ts';
import { extractorOf } from './feature-extractor.ts';

/** Texts a model sees at once: what bounds the memory of a call of a thousand. */
const EMBEDDING_BATCH = 64;
/** A B-tree page holds no entry of more than 2.7 kB; no word is that long. */
const MAX_TERM_LENGTH = 256;

type Vectors = Map<number, Float32Array>;
type Terms = Map<number, ReadonlyMap<string, number>>;

/**
 * Runs the collection's extractors over the documents. One of which an extractor can make nothing is left out.
 * @throws ConflictError FEATURE_MODEL_CHANGED before any of them has run
 */
export async function indexDocuments(
  collection: Collection,
  documents: readonly CheckedDocument[],
  extractors: ExtractorRegistry,
): Promise<{ indexed: IndexedDocument[]; failures: UpsertDocumentsResult['failures'] }> {
  const fillings: { feature: CollectionFeature; extractor: Extractor }[] = [];
  for (const feature of collection.features) {
    const extractor = extractorOf(feature, extractors, ['input', 'collectionId']);
    if (extractor !== null) fillings.push({ feature, extractor });
  }
  const vectors = documents.map((document): Vectors => new Map(document.vectors));
  const terms = documents.map((): Terms => new Map());
  const faults = new Map<number, string>();
  for (const { feature, extractor } of fillings) {
    const texts = documents.map((document) => documentText(document, feature.fields));
    if (extractor.kind === 'lexical') count(extractor, feature.id, texts, terms);
    else {
      for (const [document, fault] of await embed(extractor, feature.id, texts, vectors)) {
        faults.set(document, `${feature.featureUri} cannot read ${feature.fields.join(', ')}: ${fault}`);
      }
    }
  }
  const indexed = documents.map(({ documentId, content, metadata }, index): IndexedDocument => {
    const own = { vectors: vectors[index], terms: terms[index] };
    invariant(own.vectors && own.terms, 'every document has its index entries');
    return { documentId, content, metadata, vectors: own.vectors, terms: own.terms };
  });
  return {
    indexed: indexed.filter((_, index) => !faults.has(index)),
    failures: [...faults].map(([index, message]) => {
      return { documentId: documents[index]?.documentId ?? '', code: 'UNREADABLE_INPUT', message };
    }),
  };
}

/** @returns what is wrong with those that cannot be embedded, by document */
async function embed(
  extractor: VectorExtractor,
  featureId: number,
  texts: readonly string[],
  vectors: readonly Vectors[],
): Promise<Map<number, string>> {
  const faults = new Map<number, string>();
  let hasPassed = false;
  const filled = [...texts.entries()].filter(([, text]) => text !== '');
  for (let start = 0; start < filled.length; start += EMBEDDING_BATCH) {
    const batch = filled.slice(start, start + EMBEDDING_BATCH);
    const embedded = await embedReadable(
      extractor,
      batch.map(([, text]) => text),
      hasPassed,
    );
    hasPassed ||= embedded.some((made) => typeof made !== 'string');
    batch.forEach(([document], index) => {
      const made = embedded[index];
      if (typeof made === 'string') faults.set(document, made);
      const vector = typeof made === 'string' ? null : unitVector(made ?? []);
      if (vector !== null) vectors[document]?.set(featureId, vector);
    });
  }
  return faults;
}

/**
 * A vector, or what is wrong, an input: what cannot be read keeps none of the others out.
 * @param hasPassed whether the extractor has embedded others of the same call, so that it is the inputs that it refuses
 */
async function embedReadable(
  extractor: VectorExtractor,
  inputs: readonly string[],
  hasPassed: boolean,
): Promise<(Float32Array | string | undefined)[]> {
  try {
    return await extractor.embed(inputs, 'document');
  } catch (error) {
    if (error instanceof RefusedInputs && hasPassed) return inputs.map(() => error.fault);
    if (!(error instanceof UnreadableInputs)) throw error;
    const { faults } = error;
    const readable = inputs.filter((_, index) => !faults.has(index));
    const vectors = readable.length === 0 ? [] : await extractor.embed(readable, 'document');
    let next = 0;
    return inputs.map((_, index) => faults.get(index) ?? vectors[next++]);
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
