import { lazy, useMemo } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { everyStep } from '../charts/every-step.ts';
import { Card } from '../parts/card.tsx';
import { count, moment, percent } from '../parts/format.ts';
import { wallClock } from '../parts/now.ts';
import type { Performance } from './performance.ts';

const TrafficLines = lazy(() => import('../charts/traffic-lines.tsx'));

/** Searches and their click-through over time. */
export function TrafficCard({ byTime, hours }: { byTime: Performance['byTime']; hours: number }) {
  // up to when it was read: later hours are not known to be quiet
  const points = useMemo(() => everyStep(byTime, hours, wallClock()), [byTime, hours]);
  const searches = points.map((point) => point.searches);
  return (
    <Card title="Searches over time" lead="Bars: searches. Line: click-through.">
      <ChartFrame
        label={`Searches over time in ${points.length} steps, at most ${count(Math.max(...searches, 0))} in one.`}
        columns={['Time', 'Searches', 'Click-through']}
        rows={points
          .map(({ at, searches: made, ctr }) => [momentOf(at), count(made), ctr === null ? '–' : percent(ctr)])
          .toReversed()}
      >
        <TrafficLines points={points} />
      </ChartFrame>
    </Card>
  );
}

const momentOf = (at: number) => moment(new Date(at).toISOString());
