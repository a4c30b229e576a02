import type { ExaminationCell } from './examination-curve.ts';

/** Impressions and clicks at a position, from 0. */
export interface PositionTotals {
  position: number;
  shown: number;
  clicks: number;
}

/** What the log says of positions: sums over searches and clicks of the last 30 days. */
export interface ExaminationStore {
  /** Of documents that one query showed at several positions: only they tell positions apart. */
  cells(namespaceId: string, retrieverId: string): Promise<ExaminationCell[]>;
  /** Of all searches, from position 0 on. */
  totals(retrieverId: string): Promise<PositionTotals[]>;
}
