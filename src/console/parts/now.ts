import { useEffect, useState } from 'react';

/** Milliseconds since 1970. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** The time, which goes on every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(wallClock);
  useEffect(() => {
    const timer = setInterval(() => setNow(wallClock()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
