import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { DomainError } from '../shared/errors.ts';
import type { Tracer } from '../shared/tracer.ts';
import { within } from '../shared/within.ts';

const LAST_SPANS_MS = 2_000;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Sends spans to an OpenTelemetry collector by OTLP over HTTP. Loaded only where tracing is switched on. Nothing global
 * is registered: the span around is kept in a storage of its own, so that two servers in one process do not mix.
 * @param endpoint as OTEL_EXPORTER_OTLP_ENDPOINT has it: without /v1/traces
 */
export function createOtlpTracer(endpoint: string, serviceName: string): Tracer {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('attune');
  const around = new AsyncLocalStorage<Context>();
  return {
    span(name, attributes, work, parent = null) {
      const outer = around.getStore() ?? remoteContext(parent);
      const span = tracer.startSpan(name, { attributes }, outer);
      return around.run(trace.setSpan(outer, span), () => endWith(span, work));
    },
    // a collector that does not answer must not hold up the stop
    close: () => within(provider.shutdown(), LAST_SPANS_MS).catch(() => undefined),
  };
}

function remoteContext(traceparent: string | null): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const traceFlags = parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function endWith<Result>(span: Span, work: () => Result): Result {
  let result: Result;
  try {
    result = work();
  } catch (error) {
    fail(span, error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      fail(span, error);
      throw error;
    },
  ) as Result;
}

/** The kind of error and no message: that may hold what people searched for. */
function fail(span: Span, error: unknown): void {
  const kind = error instanceof DomainError ? error.code : error instanceof Error ? error.name : 'Error';
  span.setStatus({ code: SpanStatusCode.ERROR, message: kind });
  span.end();
}
