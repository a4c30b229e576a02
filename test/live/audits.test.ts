import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizations } from '../schema/hand-made-app.ts';
import { startTestServer, type TestServer } from './transport-clients.ts';

let server: TestServer;

beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

/** The audits of the GraphQL over HTTP specification, by its own suite. */
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({
    url: () => `${server.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: authorizations.admin },
      }),
  });

  test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s: %s', async (_id, _name, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });

  test('has all of its audits', () => expect(audits).toHaveLength(61));
});
