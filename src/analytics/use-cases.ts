import type { RetrieverPerformance } from './retriever-performance.ts';
import type { Signal, SignalsQuery } from './retriever-signals.ts';

/** What a resolver may call of analytics. */
export interface AnalyticsUseCases {
  signals(ns: string, query: SignalsQuery): Promise<Signal[]>;
  performance(
    ns: string,
    query: { retrieverId: string; hours: number; segment: string | null },
  ): Promise<RetrieverPerformance>;
}
