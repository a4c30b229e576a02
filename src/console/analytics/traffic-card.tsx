import { lazy } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { Card } from '../parts/card.tsx';
import { count, moment, percent } from '../parts/format.ts';
import type { Performance } from './performance.ts';

const TrafficLines = lazy(() => import('../charts/traffic-lines.tsx'));

/** Searches and their click-through over time. */
export function TrafficCard({ byTime }: { byTime: Performance['byTime'] }) {
  const searches = byTime.map((point) => point.searches);
  return (
    <Card title="Searches over time" lead="Bars: searches. Line: click-through.">
      <ChartFrame
        label={`Searches over time in ${byTime.length} steps, at most ${count(Math.max(...searches, 0))} in one.`}
        columns={['Time', 'Searches', 'Click-through']}
        rows={byTime.map(({ at, searches: made, ctr }) => [moment(at), count(made), percent(ctr)]).toReversed()}
      >
        <TrafficLines
          points={byTime.map(({ at, searches: made, ctr }) => ({ at: Date.parse(at), searches: made, ctr }))}
        />
      </ChartFrame>
    </Card>
  );
}
