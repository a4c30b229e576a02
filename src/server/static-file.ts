import { readFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file that was built and is kept in memory, so that no address ever names a file of the disk. */
export interface StaticFile {
  type: string;
  plain: Buffer;
  /** Null where it is not worth it. */
  gzipped: Buffer | null;
}

export async function readStaticFile(
  file: string,
  { type, compress }: { type: string; compress: boolean },
): Promise<StaticFile> {
  const plain = await readFile(file);
  return { type, plain, gzipped: compress ? await promisify(gzip)(plain) : null };
}

/** False where it is neither GET nor HEAD, and so answered. */
export function isReading({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  return false;
}

export function sendStaticFile(
  request: IncomingMessage,
  response: ServerResponse,
  { type, plain, gzipped }: StaticFile,
  headers: OutgoingHttpHeaders,
): void {
  const compressed = gzipped !== null && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = compressed ? gzipped : plain;
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': body.length,
    ...(compressed ? { 'Content-Encoding': 'gzip' } : {}),
    Vary: 'Accept-Encoding',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : text);
}
