import type { IncomingMessage } from 'node:http';
import { createGraphQLError, type Plugin } from 'graphql-yoga';

/** Set by Node's server, and not for an operation over WebSocket. */
interface NodeContext {
  req?: IncomingMessage;
}

/**
 * Reads the body of a POST off Node's request, up to so many bytes. Yoga's own limit pipes it through two web streams, which
 * takes longer than to execute a small operation.
 */
export function readBodies(maxBytes: number): Plugin<object, NodeContext> {
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext }) {
      const { req } = serverContext;
      if (request.method !== 'POST' || requestParser === undefined || req === undefined) return;
      if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
      const json = async (): Promise<unknown> => JSON.parse(await readText(req, maxBytes));
      setRequestParser((given) => requestParser(Object.create(given, { json: { value: json } }) as Request));
    },
  };
}

const utf8 = new TextDecoder();

/** @throws GraphQLError where there is more of it, Error where it breaks off */
function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) settle(() => reject(tooLarge()));
    };
    const onEnd = () => settle(() => resolve(utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))));
    const onClose = () => settle(() => reject(new Error('The request broke off.')));
    const settle = (how: () => void) => {
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
      how();
    };
    if (request.destroyed) return onClose();
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  });
}

function tooLarge() {
  return createGraphQLError('Request body too large', {
    extensions: { http: { status: 413 }, code: 'REQUEST_ENTITY_TOO_LARGE' },
  });
}
