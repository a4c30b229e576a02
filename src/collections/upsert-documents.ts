import { checkBatchSize } from './batch-size.ts';
import { checkDocument, type CheckedDocument, type DocumentFault } from './check-document.ts';
import type { DocumentInput, UpsertDocumentsInput, UpsertDocumentsResult } from './collection-input.ts';
import type { Collection } from './collection.ts';
import type { CollectionDeps } from './create-collection.ts';
import { findCollection } from './find-collection.ts';
import { indexDocuments } from './index-documents.ts';

const MAX_ECHOED_ID_LENGTH = 100;

/**
 * Inserts or replaces whole documents. One that is at fault is left out and reported, the others are stored together;
 * of two with the same id in a call, the later one is at fault. Sending the same again changes nothing.
 * @throws ValidationError NO_DOCUMENTS, TOO_MANY_DOCUMENTS, NotFoundError COLLECTION_NOT_FOUND, ConflictError FEATURE_MODEL_CHANGED
 */
export async function upsertDocuments(
  deps: CollectionDeps,
  namespaceId: string,
  input: UpsertDocumentsInput,
): Promise<UpsertDocumentsResult> {
  checkBatchSize('documents', input.documents.length);
  const collection = await findCollection(deps.collections, namespaceId, input.collectionId);
  const { sound, failures } = sortOut(collection, input.documents);
  // models run before the store's transaction, which is then short
  const { indexed, failures: unreadable } = await indexDocuments(collection, sound, deps.extractors);
  if (indexed.length > 0) await deps.collections.write(collection, indexed);
  return { upserted: indexed.length, failures: [...failures, ...unreadable] };
}

function sortOut(
  collection: Collection,
  documents: readonly DocumentInput[],
): { sound: CheckedDocument[]; failures: UpsertDocumentsResult['failures'] } {
  const sound = new Map<string, CheckedDocument>();
  const failures = [];
  for (const [index, document] of documents.entries()) {
    const checked = checkDocument(collection, document, `documents[${index}]`);
    const fault = checked.fault ?? (sound.has(document.documentId) ? duplicate(index) : null);
    if (fault === null && checked.document) sound.set(document.documentId, checked.document);
    else if (fault !== null)
      failures.push({ documentId: document.documentId.slice(0, MAX_ECHOED_ID_LENGTH), ...fault });
  }
  return { sound: [...sound.values()], failures };
}

function duplicate(index: number): DocumentFault {
  return {
    code: 'DUPLICATE_DOCUMENT_ID',
    message: `documents[${index}].documentId occurs earlier in this call, and that one was taken; send a document once.`,
  };
}
