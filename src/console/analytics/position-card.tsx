import { lazy } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { Card } from '../parts/card.tsx';
import { count, percent } from '../parts/format.ts';
import type { Performance } from './performance.ts';

const PositionBars = lazy(() => import('../charts/position-bars.tsx'));

/** How often what stands at a position is clicked. */
export function PositionCard({ positions }: { positions: Performance['byPosition'] }) {
  const first = positions[0];
  return (
    <Card title="Click-through by position" lead="Of the times that a hit stood there, how often it was clicked.">
      <ChartFrame
        label={`Bars of the click-through rate by position, from ${percent(first?.ctr ?? 0)} at the first to ${percent(positions.at(-1)?.ctr ?? 0)} at the last.`}
        columns={['Position', 'Shown', 'Clicks', 'Click-through']}
        rows={positions.map(({ position, shown, clicks, ctr }) => [
          String(position + 1),
          count(shown),
          count(clicks),
          percent(ctr),
        ])}
      >
        <PositionBars positions={positions} />
      </ChartFrame>
    </Card>
  );
}
