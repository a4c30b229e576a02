import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { count, dayOfYear, hourOfDay, moment, percent } from '../parts/format.ts';
import type { TrafficPoint } from './every-step.ts';

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
          dot={({ key, cx, cy, index }) => (
            <Dot key={key} cx={cx} cy={cy} isShown={points.length < 30 || isAlone(points, index)} />
          )}
          isAnimationActive={false}
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** A point between times without searches: the line does not reach it. */
function isAlone(points: readonly TrafficPoint[], index: number): boolean {
  return [index - 1, index + 1].every((beside) => (points[beside]?.ctr ?? null) === null);
}

function Dot({ cx, cy, isShown }: { cx: number | undefined; cy: number | undefined; isShown: boolean }) {
  // a time without searches has no click-through, and no height
  if (!isShown || cx === undefined || typeof cy !== 'number') return null;
  return <circle cx={cx} cy={cy} r={3} fill="var(--accent)" />;
}

function PointTooltip({ point }: { point: TrafficPoint | undefined }) {
  if (point === undefined) return null;
  return (
    <div className="tooltip">
      <span className="muted">{moment(point.at)}</span>
      <span>
        <strong>{count(point.searches)}</strong> searches
      </span>
      {point.ctr === null ? null : (
        <span>
          <strong>{percent(point.ctr)}</strong> with a click
        </span>
      )}
    </div>
  );
}
