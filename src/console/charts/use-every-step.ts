import { useMemo } from 'react';
import { wallClock } from '../parts/now.ts';
import { everyStep, type TrafficPoint } from './every-step.ts';

/** As `everyStep`, up to when the times were read: later ones are not known to be quiet. */
export function useEveryStep(byTime: Parameters<typeof everyStep>[0], hours: number): TrafficPoint[] {
  return useMemo(() => everyStep(byTime, hours, wallClock()), [byTime, hours]);
}
