import { useLiveQuery, type LiveQuery } from '../api/use-live-query.ts';
import { RetrieverHealthDocument, type OverviewQuery, type RetrieverHealthQuery } from '../gql/graphql.ts';

export type OverviewRetriever = OverviewQuery['retrievers']['nodes'][number];
export type Health = RetrieverHealthQuery['retrieverPerformance'];
/** By retriever; what is still asked for is not there. */
export type HealthById = Readonly<Record<string, Health>>;

const everyMs = 10_000;
export const healthHours = 24;

/** How one retriever did in the last 24 hours. */
export function useRetrieverHealth(retrieverId: string): LiveQuery<RetrieverHealthQuery> {
  return useLiveQuery(RetrieverHealthDocument, { retrieverId, hours: healthHours }, { everyMs });
}

/** Of all stages, what a search took as a whole: 95 of 100 were faster. Null where there was none. */
export function totalP95({ latency }: Health): number | null {
  return latency.find(({ stage }) => stage === 'total')?.p95Ms ?? null;
}
