import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { abandon } from './abandon.ts';

/**
 * Takes POSTs of JSON only: a form on another site can send none without the browser asking first, and urlencoded or
 * multipart mutations have no other use here.
 */
export function requireJson(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method === 'POST' && !isJson(request.headers.get('content-type'))) {
        throw badRequest(
          'Send the operation as JSON, with "Content-Type: application/json".',
          'UNSUPPORTED_MEDIA_TYPE',
          415,
        );
      }
      if (request.method !== 'GET' || requestParser === undefined) return;
      setRequestParser(async (get) => {
        try {
          return await requestParser(get);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw badRequest('variables and extensions must be JSON in the URL.', 'BAD_REQUEST', 400);
        }
      });
    },
  };
}

/** Answers when time is up. What was begun is not undone: Postgres and ClickHouse have limits of their own. */
export function limitTime(ms: number): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) => withinTime(() => executeFn(args), ms));
    },
    onSubscribe({ subscribeFn, setSubscribeFn }) {
      setSubscribeFn((args) => withinTime(() => subscribeFn(args), ms));
    },
  };
}

async function withinTime<Result>(work: () => Result | Promise<Result>, ms: number): Promise<Result> {
  const working = Promise.resolve(work());
  let timer: NodeJS.Timeout | undefined;
  // a plain timer: the error that an aborted one makes takes as long as a small operation
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // a subscription that begins after its reader was told that it is late
      working.then(abandon, () => {});
      reject(timeout(ms));
    }, ms);
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

function timeout(ms: number): GraphQLError {
  const message = `The operation took longer than ${ms / 1000} s; it may still be carried out. Ask for less, or try again.`;
  return new GraphQLError(message, { extensions: { code: 'TIMEOUT' } });
}

function isJson(contentType: string | null): boolean {
  return /^application\/(graphql\+)?json\s*(;|$)/i.test(contentType ?? '');
}

function badRequest(message: string, code: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
