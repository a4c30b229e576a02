import type { IncomingMessage, ServerResponse } from 'node:http';
import { isReading, readStaticFile, sendStaticFile, sendText, type StaticFile } from './static-file.ts';

export const clientPath = '/client.js';

const script = { type: 'text/javascript; charset=utf-8', compress: true };
const notBuilt =
  'The client is not built: run npm run build in the folder of Attune, with the development dependencies.';

/**
 * The built client, for `<script type="module">` on any page: it holds no secret, so every origin may load it.
 * @param file where esbuild has written it
 */
export function createClientFile(file: string): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let loaded: Promise<StaticFile | null> | null = null;

  return async (request, response) => {
    if (!isReading(request, response)) return;
    loaded ??= readStaticFile(file, script).catch(() => null);
    const client = await loaded;
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (client === null) {
      // built while the server runs: found by the next request
      loaded = null;
      return sendText(request, response, 503, 'text/plain', notBuilt);
    }
    sendStaticFile(request, response, client, {
      'Cache-Control': 'no-cache',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
  };
}
