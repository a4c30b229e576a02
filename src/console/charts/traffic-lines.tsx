import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { count, dayOfYear, hourOfDay, moment, percent } from '../parts/format.ts';

interface TrafficPoint {
  /** Milliseconds since 1970. */
  at: number;
  searches: number;
  ctr: number;
}

const hourMs = 60 * 60_000;

export default function TrafficLines({ points }: { points: readonly TrafficPoint[] }) {
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  return (
    <ResponsiveContainer>
      <ComposedChart
        data={[...points]}
        margin={{ top: 4, right: -16, bottom: 0, left: -12 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} />
        <XAxis
          dataKey="at"
          tickFormatter={span > 48 * hourMs ? dayOfYear : hourOfDay}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          minTickGap={32}
        />
        <YAxis yAxisId="searches" tickFormatter={count} tickLine={false} axisLine={false} allowDecimals={false} />
        <YAxis
          yAxisId="ctr"
          orientation="right"
          domain={[0, 1]}
          tickFormatter={(ctr: number) => percent(ctr, 0)}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--sunken)' }}
          content={({ payload }) => <PointTooltip point={payload[0]?.payload as TrafficPoint | undefined} />}
        />
        <Bar
          yAxisId="searches"
          dataKey="searches"
          fill="var(--line-strong)"
          fillOpacity={0.5}
          radius={[3, 3, 0, 0]}
          maxBarSize={36}
          isAnimationActive={false}
        />
        <Line
          yAxisId="ctr"
          dataKey="ctr"
          stroke="var(--accent)"
          strokeWidth={2}
          dot={points.length < 30 ? { r: 3, fill: 'var(--accent)' } : false}
          isAnimationActive={false}
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function PointTooltip({ point }: { point: TrafficPoint | undefined }) {
  if (point === undefined) return null;
  return (
    <div className="tooltip">
      <span className="muted">{moment(new Date(point.at).toISOString())}</span>
      <span>
        <strong>{count(point.searches)}</strong> searches
      </span>
      <span>
        <strong>{percent(point.ctr)}</strong> with a click
      </span>
    </div>
  );
}
