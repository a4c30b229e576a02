import type { IncomingMessage } from 'node:http';

/**
 * The path of a request, without its query; null where Host and address make no URL together. Anybody can send such, and what
 * reads them as a URL throws: behind Yoga, into an answer that shows the stack.
 */
export function requestPath({ url = '/', headers: { host = 'localhost' } }: IncomingMessage): string | null {
  return URL.canParse(`http://${host}${url}`) ? (url.split('?', 1)[0] ?? '/') : null;
}
