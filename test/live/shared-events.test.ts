import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LearnedWeights } from '../../src/learning/learned-weights.ts';
import { authorizations, learnedWeights } from '../schema/hand-made-app.ts';
import { connect, eventStream, startTestServer, subscribe, until, type TestServer } from './transport-clients.ts';

const watch = `subscription ($id: ID!, $segment: String) {
  learnedWeights(retrieverId: $id, segment: $segment) { version }
}`;

describe('an event that many subscribers get', () => {
  let server: TestServer;
  /** How often it was looked at. */
  let looks: number;

  beforeEach(async () => void (server = await startTestServer()));
  afterEach(() => server.close());

  function counted(n: number): LearnedWeights {
    looks = 0;
    const weights = learnedWeights(n);
    return Object.defineProperty({ ...weights }, 'version', {
      get: () => (looks++, weights.version),
      enumerable: true,
    });
  }
  const tellAll = (event: LearnedWeights) => {
    for (const { slot } of server.app.watchers) slot.push(event);
  };
  const expected = (n: number) => ({ data: { learnedWeights: { version: learnedWeights(n).version } } });

  test('is worked out once for all that ask the same with the same key, whatever they come over', async () => {
    const clients = [connect(server), connect(server)];
    const subscriptions = clients.flatMap((client) => [1, 2].map(() => subscribe(client, watch, { id: 'r' })));
    const stream = await eventStream(server, { query: watch, variables: { id: 'r' } });
    await until(() => server.app.watchers.length === 5);
    tellAll(counted(1));
    await until(() => subscriptions.every(({ events }) => events.length === 1));
    const { value } = (await stream.events.next()) as { value: unknown };
    expect([...subscriptions.flatMap(({ events }) => events), value]).toEqual(new Array(5).fill(expected(1)));
    expect(looks).toBe(1);
    tellAll(counted(2));
    await until(() => subscriptions.every(({ events }) => events.length === 2));
    expect(looks).toBe(1);
    expect(subscriptions.map(({ events }) => events[1])).toEqual(new Array(4).fill(expected(2)));
    stream.abort();
    await Promise.all(clients.map((client) => client.dispose()));
  });

  test('is worked out again for other variables, another operation and another key', async () => {
    const [one, other] = [
      connect(server),
      connect(server, { connectionParams: { authorization: authorizations.admin } }),
    ];
    const longer = watch.replace('{ version }', '{ version interactions }');
    const subscriptions = [
      subscribe(one, watch, { id: 'r' }),
      subscribe(one, watch, { id: 'r', segment: 's' }),
      subscribe(one, longer, { id: 'r' }),
      subscribe(other, watch, { id: 'r' }),
    ];
    await until(() => server.app.watchers.length === 4);
    tellAll(counted(1));
    await until(() => subscriptions.every(({ events }) => events.length === 1));
    expect(looks).toBe(4);
    expect(subscriptions[2]!.events[0]?.data?.['learnedWeights']).toMatchObject({
      interactions: expect.any(Number) as number,
    });
    await Promise.all([one.dispose(), other.dispose()]);
  });

  test('reaches each under the name that its client gave, whatever that is', async () => {
    const client = connect(server, { generateID: () => `"payload":"@"}${Math.round(performance.now() * 1e6)}` });
    const subscriptions = [1, 2, 3].map(() => subscribe(client, watch, { id: 'r' }));
    await until(() => server.app.watchers.length === 3);
    tellAll(counted(7));
    await until(() => subscriptions.every(({ events }) => events.length === 1));
    expect(subscriptions.map(({ events }) => events[0])).toEqual(new Array(3).fill(expected(7)));
    await client.dispose();
  });
});
