import { noTracing, type Tracer } from '../shared/tracer.ts';

export interface TracingConfig {
  /** Null: no tracing. */
  otlpEndpoint: string | null;
  serviceName: string;
}

/** OpenTelemetry is loaded only where it is asked for: otherwise tracing costs a function call. */
export async function openTracer({ otlpEndpoint, serviceName }: TracingConfig): Promise<Tracer> {
  if (otlpEndpoint === null) return noTracing;
  const { createOtlpTracer } = await import('./tracer-otlp.ts');
  return createOtlpTracer(otlpEndpoint, serviceName);
}
