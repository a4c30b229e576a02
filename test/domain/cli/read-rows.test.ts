import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importDocuments } from '../../../src/cli/import/import-documents.ts';
import { readRows, type RowFormat } from '../../../src/cli/import/read-rows.ts';
import { OperatorError } from '../../../src/shared/errors.ts';

const whole = { csv: 'id,title\na,b\n', jsonl: '{"id":"a","title":"b"}\n' };

describe('rows of a file', () => {
  let folder: string;

  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'attune-rows-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  function file(name: string, text: string): string {
    const at = path.join(folder, name);
    writeFileSync(at, text);
    return at;
  }

  async function rowsOf(at: string, format: RowFormat): Promise<unknown[]> {
    const rows = [];
    for await (const { value } of readRows(at, format)) rows.push(value);
    return rows;
  }

  const formats = ['csv', 'jsonl'] as const;

  test.each(formats)('that cannot be read are told in a sentence that names it and the remedy: %s', async (format) => {
    // a folder opens as a file does, and fails when it is read; whatever else there is, root may read
    const told = await rowsOf(folder, format).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(OperatorError);
    expect((told as Error).message).toMatch(/^\S+attune-rows-\w+ cannot be read \(EISDIR: [^)\n]+\): [^.\n]+\.$/);
    expect(await rowsOf(file(`whole.${format}`, whole[format]), format)).toEqual([{ id: 'a', title: 'b' }]);
  });

  test('of a CSV that is none are told up to where it breaks, and then where that is', async () => {
    const at = file('broken.csv', 'id,title\na,b\nc,"d\n');
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const { value } of readRows(at, 'csv')) read.push(value);
    })();
    await expect(reading).rejects.toThrow(
      /^\S+broken\.csv is no whole CSV \(Quote Not Closed: .* line 3.*\): [^.]+\.$/,
    );
    await expect(reading).rejects.toBeInstanceOf(OperatorError);
    expect(read).toEqual([{ id: 'a', title: 'b' }]);
  });

  test.each(formats)('may be left before the end: %s', async (format) => {
    for await (const { number } of readRows(file(`left.${format}`, whole[format].repeat(3)), format)) {
      expect(number).toBe(1);
      break;
    }
  });

  test('are not imported where nothing can be kept beside it, and that is told', async () => {
    const at = file('beside.csv', whole.csv);
    mkdirSync(`${at}.import.json.new`);
    const send = () => Promise.resolve({ upsertDocuments: { upserted: 1, failures: [] } } as never);
    const importing = importDocuments(send, {
      ...{ file: at, format: 'csv', collectionId: 'c', idField: null, contentField: null, restart: false },
      ...{ onProgress: () => {}, signal: new AbortController().signal },
    });
    await expect(importing).rejects.toThrow(
      /^How far .* beside \S+beside\.csv \(EISDIR: .*\): let this user write in /,
    );
    await expect(importing).rejects.toBeInstanceOf(OperatorError);
  });
});
