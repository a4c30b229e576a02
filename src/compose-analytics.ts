import { createClickHouseAnalyticsStore } from './analytics/analytics-store.clickhouse.ts';
import { retrieverPerformance } from './analytics/retriever-performance.ts';
import { retrieverSignals, type AnalyticsDeps } from './analytics/retriever-signals.ts';
import type { AnalyticsUseCases } from './analytics/use-cases.ts';
import type { Warehouse } from './clickhouse/warehouse.ts';

/** Binds analytics to the sums in the warehouse. */
export function bindAnalytics(parts: Omit<AnalyticsDeps, 'analytics'> & { warehouse: Warehouse }): AnalyticsUseCases {
  const deps = { ...parts, analytics: createClickHouseAnalyticsStore(parts.warehouse) };
  return {
    signals: (ns, query) => retrieverSignals(deps, ns, query),
    performance: (ns, query) => retrieverPerformance(deps, ns, query),
  };
}
