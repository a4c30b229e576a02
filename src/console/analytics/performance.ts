import type { AnalyticsQuery } from '../gql/graphql.ts';

export type Performance = AnalyticsQuery['retrieverPerformance'];
