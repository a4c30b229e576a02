import { ValidationError } from '../shared/errors.ts';

/** What is looked at: a retriever's searches since a time, all of them or those of a segment. */
export interface AnalyticsWindow {
  retrieverId: string;
  /** Milliseconds since the epoch, counted by the hour. */
  since: number;
  /** Null: every segment, and searches without one. */
  segment: string | null;
}

/** The hourly sums are kept for 400 days. */
const MAX_HOURS = 400 * 24;
const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;

/** @throws ValidationError INVALID_HOURS */
export function sinceHours(hours: number, now: number): number {
  if (Number.isInteger(hours) && hours >= 1 && hours <= MAX_HOURS) return now - hours * HOUR_MS;
  throw new ValidationError(`hours must be a whole number from 1 to ${MAX_HOURS}, not ${hours}.`, 'INVALID_HOURS', [
    'hours',
  ]);
}

/** By the hour up to a week, by the day beyond, so that no answer has more than some 400 times. */
export function bucketHours(hours: number): number {
  return hours <= WEEK_HOURS ? 1 : 24;
}
