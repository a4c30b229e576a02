export interface TrafficPoint {
  /** Milliseconds since 1970. */
  at: number;
  searches: number;
  /** Null where nothing was searched, or it is not known. */
  ctr: number | null;
}

const hourMs = 60 * 60_000;
const weekHours = 168;

/**
 * The API tells only of times with searches. This puts the others between and behind them, that a stop of traffic shows.
 * @param hours that were asked for: up to a week is told by the hour, more by the day (UTC)
 */
export function everyStep(
  byTime: readonly { at: string; searches: number; ctr?: number }[],
  hours: number,
  now: number,
): TrafficPoint[] {
  const stepMs = hours <= weekHours ? hourMs : 24 * hourMs;
  const known = new Map(byTime.map((point) => [Date.parse(point.at), point]));
  const times = [...known.keys()];
  const first = Math.min(...times);
  // a clock that is far ahead of the server's adds no more than the time that was asked for
  const last = Math.max(...times, Math.min(now, first + hours * hourMs));
  const points: TrafficPoint[] = [];
  for (let at = first; at <= last; at += stepMs) {
    const point = known.get(at);
    const searches = point?.searches ?? 0;
    points.push({ at, searches, ctr: searches === 0 ? null : (point?.ctr ?? null) });
  }
  return points;
}
