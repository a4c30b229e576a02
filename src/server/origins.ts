import type { IncomingMessage, ServerResponse } from 'node:http';

/** Which web pages may call the server: those it served itself, and those of the listed origins (`*`: any). */
export interface Origins {
  allows(request: IncomingMessage): boolean;
  /** Adds the CORS headers; true where the request was a preflight and is answered. */
  answerCors(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Keys travel in a header and never in a cookie, so no response allows credentials. */
export function createOrigins(listed: readonly string[]): Origins {
  const isListed = (origin: string) => listed.includes('*') || listed.includes(origin);

  return {
    allows({ headers: { origin, host } }) {
      if (origin === undefined || isListed(origin)) return true;
      return URL.canParse(origin) && new URL(origin).host === host;
    },

    answerCors(request, response) {
      const { origin } = request.headers;
      if (origin !== undefined && isListed(origin)) {
        response.setHeader('Access-Control-Allow-Origin', origin);
        response.setHeader('Vary', 'Origin');
      }
      if (request.method !== 'OPTIONS') return false;
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
      response.setHeader('Access-Control-Allow-Headers', 'Authorization, X-Namespace, Content-Type');
      response.setHeader('Access-Control-Max-Age', '600');
      response.writeHead(204).end();
      return true;
    },
  };
}
