import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasScope } from '../access/caller.ts';
import type { App } from '../app.ts';
import type { Health } from '../monitoring/health.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import { DomainError } from '../shared/errors.ts';

export interface OperationsDeps {
  app: Pick<App, 'access'>;
  health: Pick<Health, 'report'>;
  metrics: Pick<Metrics, 'render'>;
  /** Lets a scraper in beside the admin key; null: the admin key alone. */
  metricsToken: string | null;
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What operators and their machines ask, by path. Not for browsers: no route allows another origin. */
export function operationsRoutes(deps: OperationsDeps): Readonly<Record<string, Route>> {
  return {
    '/health/live': async (_request, response) => answer(response, 200, 'application/json', '{"status":"live"}'),

    async '/health/ready'(_request, response) {
      const report = await deps.health.report();
      answer(response, report.status === 'unavailable' ? 503 : 200, 'application/json', JSON.stringify(report));
    },

    async '/metrics'(request, response) {
      if (!(await mayReadMetrics(deps, request))) {
        response.setHeader('WWW-Authenticate', 'Bearer');
        return answer(
          response,
          401,
          'text/plain',
          'Send ATTUNE_METRICS_TOKEN or the admin key as Authorization: Bearer …',
        );
      }
      const { contentType, text } = await deps.metrics.render();
      answer(response, 200, contentType, text);
    },
  };
}

/** Being on loopback lets nobody in: so does whatever stands behind a proxy on the same machine. */
async function mayReadMetrics({ app, metricsToken }: OperationsDeps, { headers }: IncomingMessage): Promise<boolean> {
  const { authorization, origin = null } = headers;
  if (authorization === undefined) return false;
  if (metricsToken !== null && isSame(authorization, `Bearer ${metricsToken}`)) return true;
  try {
    const caller = await app.access.authenticate({ authorization, namespace: null, origin });
    return caller.everyNamespace && hasScope(caller, 'admin');
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** In constant time, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
}
