import { lazy } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { useEveryStep } from '../charts/use-every-step.ts';
import { Card } from '../parts/card.tsx';
import { count, moment, percent } from '../parts/format.ts';
import type { Performance } from './performance.ts';

const TrafficLines = lazy(() => import('../charts/traffic-lines.tsx'));

/** Searches and their click-through over time. */
export function TrafficCard({ byTime, hours }: { byTime: Performance['byTime']; hours: number }) {
  const points = useEveryStep(byTime, hours);
  const searches = points.map((point) => point.searches);
  return (
    <Card title="Searches over time" lead="Bars: searches. Line: click-through.">
      <ChartFrame
        label={`Searches over time in ${points.length} steps, at most ${count(Math.max(...searches, 0))} in one.`}
        columns={['Time', 'Searches', 'Click-through']}
        rows={points
          .map(({ at, searches: made, ctr }) => [moment(at), count(made), ctr === null ? '–' : percent(ctr)])
          .toReversed()}
      >
        <TrafficLines points={points} />
      </ChartFrame>
    </Card>
  );
}
