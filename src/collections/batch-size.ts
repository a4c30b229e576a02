import { ValidationError } from '../shared/errors.ts';

const MAX_DOCUMENTS = 1000;

/** @throws ValidationError NO_DOCUMENTS, TOO_MANY_DOCUMENTS */
export function checkBatchSize(field: 'documents' | 'documentIds', length: number): void {
  const path = ['input', field];
  if (length === 0) throw new ValidationError(`${field} is empty; send 1 to ${MAX_DOCUMENTS}.`, 'NO_DOCUMENTS', path);
  if (length <= MAX_DOCUMENTS) return;
  throw new ValidationError(
    `${field} has ${length} entries and a call takes at most ${MAX_DOCUMENTS}; nothing was changed. Send them in several calls.`,
    'TOO_MANY_DOCUMENTS',
    path,
  );
}
