import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { isReading, readStaticFile, sendStaticFile, sendText, type StaticFile } from './static-file.ts';

/** Addresses that the console shows a page for; any other gets none. */
const pages = /^\/(?:retrievers\/[^/]+|playground|evaluations|analytics)?$/;
const assets = /^\/assets\/[^/]+$/;

/** What is not text is not compressed again. */
const types: Record<string, { type: string; compress: boolean }> = {
  '.html': { type: 'text/html; charset=utf-8', compress: true },
  '.js': { type: 'text/javascript; charset=utf-8', compress: true },
  '.css': { type: 'text/css; charset=utf-8', compress: true },
  '.svg': { type: 'image/svg+xml', compress: true },
};

/** Nothing from elsewhere, nothing inline: the console works without the internet, and a script that slipped in would not run. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // documents bring their pictures along; an SVG in an image runs no script
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const notBuilt = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Attune</title>
  <h1>The console is not built</h1>
  <p>Run <code>npm run build</code> in the folder of Attune, and load this page again. It takes the development dependencies.</p>
  <p>The API and GraphiQL are at <a href="/graphql">/graphql</a>.</p>
</html>
`;

const off = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Attune</title>
  <h1>The console is off</h1>
  <p>This server takes only the operations that it was given (ATTUNE_OPERATIONS_ONLY), and those of the console are none of them.
    Another server on the same stores can show it.</p>
</html>
`;

export interface ConsoleFiles {
  /** True where the address is the console's, so that the answer is on its way. */
  answer(request: IncomingMessage, response: ServerResponse, pathname: string): boolean;
}

/**
 * The built console. Its files are few and are kept in memory from the first request on, so that no address ever names a
 * file of the disk.
 * @param directory where Vite has written it
 * @param isOff the server would refuse what it asks
 */
export function createConsoleFiles(directory: string, isOff = false): ConsoleFiles {
  let loaded: Promise<ReadonlyMap<string, StaticFile>> | null = null;

  async function send(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    loaded ??= loadFiles(directory);
    const files = await loaded;
    // built while the server runs: found by the next request
    if (files.size === 0) loaded = null;
    const file = files.get(pages.test(pathname) ? '/index.html' : pathname);
    if (files.size === 0) return sendText(request, response, 503, 'text/html; charset=utf-8', notBuilt);
    if (file === undefined) return sendText(request, response, 404, 'text/plain', 'Not found.');
    // the name of an asset tells its content: it never changes
    const lasting = assets.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache';
    sendStaticFile(request, response, file, {
      'Cache-Control': lasting,
      'Content-Security-Policy': policy,
      'Referrer-Policy': 'no-referrer',
    });
  }

  return {
    answer(request, response, pathname) {
      if (!pages.test(pathname) && !assets.test(pathname)) return false;
      if (!isReading(request, response)) return true;
      if (isOff) {
        sendText(request, response, 404, 'text/html; charset=utf-8', off);
        return true;
      }
      send(request, response, pathname).catch((error: unknown) => response.destroy(error as Error));
      return true;
    },
  };
}

/** By address; empty where the console was not built. */
async function loadFiles(directory: string): Promise<Map<string, StaticFile>> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const files = new Map<string, StaticFile>();
  for (const name of names) {
    const known = types[path.extname(name)];
    if (known === undefined) continue;
    files.set(`/${name.split(path.sep).join('/')}`, await readStaticFile(path.join(directory, name), known));
  }
  return files.has('/index.html') ? files : new Map();
}
