import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { createDemoShop, type DemoShop } from '../fixtures/operations-shop.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

interface Export {
  resourceSpans: { resource: { attributes: Span['attributes'] }; scopeSpans: { spans: Span[] }[] }[];
}

describe('with a collector of traces', () => {
  const received: Export[] = [];
  let collector: Server;
  let server: RunningAttune;
  let shop: DemoShop;
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  beforeAll(async () => {
    collector = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        if (request.url === '/v1/traces') received.push(JSON.parse(body) as Export);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    server = await startAttune({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: 'shop' });
    shop = await createDemoShop(server);
    await shop.click('user-that-no-span-names');
    await server.ask('query Missing { search(input: { retrieverId: "x", inputs: {} }) { executionId } }');
    await server.ask('query Traced { retrievers { nodes { id } } }', {}, { traceparent });
    await server.attune.drain();
    // closing sends what is not sent yet
    await server.close();
  });
  afterAll(() => collector.close());

  const spans = () =>
    received.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );
  const named = (name: string) => spans().filter((span) => span.name === name);
  const childrenOf = (parent: Span) => spans().filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const attribute = (span: Span, key: string) => span.attributes.find((one) => one.key === key)?.value;

  test('the service is named', () => {
    const [first] = received;
    expect(first?.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'shop' },
    });
  });

  test('an operation holds its search, which holds one span a feature and the fusion', () => {
    const [search] = named('search');
    const operation = spans().find(({ spanId }) => spanId === search!.parentSpanId);
    expect(operation?.name).toBe('graphql query');
    const inner = childrenOf(search!);
    expect(inner.map(({ name }) => name).sort()).toEqual(['feature search', 'feature search', 'fusion']);
    expect(inner.flatMap((span) => attribute(span, 'attune.feature') ?? [])).toHaveLength(2);
  });

  test('a mutation holds the commit of its interactions, and the relay has a span a batch', () => {
    const [commit] = named('interaction commit');
    expect(spans().find(({ spanId }) => spanId === commit!.parentSpanId)?.name).toBe('graphql mutation');
    const relayed = named('relay batch').map((span) => Number(attribute(span, 'attune.interactions')?.['intValue']));
    expect(relayed.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  test('a trace of the caller goes on', () => {
    const [, traceId, parentSpanId] = traceparent.split('-');
    const traced = spans().find((span) => attribute(span, 'graphql.operation.name')?.['stringValue'] === 'Traced');
    expect(traced).toMatchObject({ traceId, parentSpanId });
  });

  test('what failed says so by its code, and no span tells what was searched for, by whom, or with which key', () => {
    const failed = named('search').find(({ status }) => status.code === 2);
    expect(failed?.status.message).toBe('RETRIEVER_NOT_FOUND');
    const text = JSON.stringify(received);
    for (const secret of ['lamp', 'user-that-no-span-names', server.adminKey]) expect(text).not.toContain(secret);
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
