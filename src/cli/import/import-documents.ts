import { appendFile, rm } from 'node:fs/promises';
import { payloadOf } from '../../client/request.ts';
import type { Send } from '../api.ts';
import { fileFault } from './file-fault.ts';
import { readProgress, removeProgress, writeProgress, type Progress } from './progress-file.ts';
import { readRows, type Row } from './read-rows.ts';
import { toDocument, type ImportedDocument, type Mapping } from './to-document.ts';

export interface ImportOptions extends Mapping {
  file: string;
  collectionId: string;
  /** Begin anew, whatever an earlier run has done. */
  restart: boolean;
  signal: AbortSignal;
  onProgress: (progress: Progress & { bytes: number }) => void;
}

const MAX_DOCUMENTS = 100;
/** The server names an id by this many characters at least. */
const SHORTEST_CUT = 64;
/** Of the 256 kB that a request may have. */
const MAX_BYTES = 150_000;
const UPSERT = `mutation ($input: UpsertDocumentsInput!) { upsertDocuments(input: $input) {
  ... on UpsertDocumentsPayload { upserted failures { documentId message } } ... on Error { code message path }
} }`;

interface Waiting {
  row: Row;
  document: ImportedDocument;
}

export const rejectedPath = (file: string) => `${file}.rejected.jsonl`;

/**
 * Reads a file row by row and stores its documents, some at a time. What cannot be stored is set aside with the reason, and the
 * rest goes on. How far it is is written down after each call: what was under way when it stopped is sent again, which does
 * no harm, and may be set aside twice.
 * @returns null where it was interrupted
 * @throws OperatorError where the file cannot be read, or nothing written beside it; and what the server refuses all of it by
 */
export async function importDocuments(send: Send, options: ImportOptions): Promise<Progress | null> {
  try {
    return await importRows(send, options);
  } catch (error) {
    throw fileFault(
      error,
      (reason) =>
        `How far the import is cannot be kept beside ${options.file} (${reason}): let this user write in that folder, or copy the file into another, and give the command again.`,
    );
  }
}

async function importRows(send: Send, options: ImportOptions): Promise<Progress | null> {
  const { file, collectionId, signal, onProgress } = options;
  if (options.restart) await removeProgress(file);
  let progress = await readProgress(file, collectionId);
  if (progress.rows === 0) await rm(rejectedPath(file), { force: true });
  const skipped = progress.rows;
  let batch: Waiting[] = [];
  let faulty: { row: Row; reason: string }[] = [];
  let bytes = 0;

  const flush = async (last: Row) => {
    const refused = await store(send, collectionId, batch);
    const rejected = [...faulty, ...refused].sort((one, other) => one.row.number - other.row.number);
    await setAside(file, rejected);
    progress = {
      ...progress,
      rows: last.number,
      stored: progress.stored + batch.length - refused.length,
      rejected: progress.rejected + rejected.length,
    };
    await writeProgress(file, progress);
    onProgress({ ...progress, bytes: last.bytes });
    [batch, faulty, bytes] = [[], [], 0];
  };

  let last: Row | null = null;
  for await (const row of readRows(file, options.format)) {
    if (row.number <= skipped) continue;
    if (signal.aborted) return null;
    const document = row.value === null ? (row.fault ?? '') : toDocument(row.value, options);
    const size = typeof document === 'string' ? 0 : Buffer.byteLength(JSON.stringify(document));
    if (last !== null && batch.length > 0 && bytes + size > MAX_BYTES) await flush(last);
    if (typeof document === 'string') faulty.push({ row, reason: document });
    else if (size > MAX_BYTES)
      faulty.push({ row, reason: `It has ${size} bytes; a document has at most ${MAX_BYTES}.` });
    else batch.push({ row, document });
    bytes += size;
    last = row;
    if (batch.length + faulty.length >= MAX_DOCUMENTS) await flush(row);
  }
  if (signal.aborted) return null;
  if (last !== null && batch.length + faulty.length > 0) await flush(last);
  await removeProgress(file);
  return progress;
}

async function store(
  send: Send,
  collectionId: string,
  batch: readonly Waiting[],
): Promise<{ row: Row; reason: string }[]> {
  if (batch.length === 0) return [];
  const documents = batch.map(({ document }) => document);
  type Payload = { upserted: number; failures: { documentId: string; message: string }[] };
  const { upsertDocuments } = await send<{ upsertDocuments: Payload }>(UPSERT, { input: { collectionId, documents } });
  const { failures } = payloadOf(upsertDocuments);
  return batch.flatMap(({ row, document }) => {
    const failure = failures.find(({ documentId }) => isEcho(documentId, document.documentId));
    return failure === undefined ? [] : [{ row, reason: failure.message }];
  });
}

/** An id that is too long comes back cut. */
function isEcho(echoed: string, id: string): boolean {
  return echoed === id || (echoed.length >= SHORTEST_CUT && echoed.length < id.length && id.startsWith(echoed));
}

async function setAside(file: string, rejected: readonly { row: Row; reason: string }[]): Promise<void> {
  if (rejected.length === 0) return;
  const lines = rejected.map(({ row, reason }) => JSON.stringify({ row: row.number, reason, value: row.value }));
  await appendFile(rejectedPath(file), `${lines.join('\n')}\n`);
}
