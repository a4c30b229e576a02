export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Says what took how long within a request, and on whose behalf. */
export interface Tracer {
  /**
   * Runs `work` within a span that ends when the work does; what it throws or rejects with marks the span as failed.
   * Spans begun meanwhile become its children.
   * @param parent W3C traceparent of a caller elsewhere; it counts where no span is around
   */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Result, parent?: string | null): Result;
  /** Sends what is not sent yet. */
  close(): Promise<void>;
}

export const noTracing: Tracer = { span: (_name, _attributes, work) => work(), close: async () => {} };
