import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { percent } from '../parts/format.ts';

interface PositionBarsProps {
  /** Positions are from 0. */
  positions: readonly { position: number; ctr: number }[];
}

export default function PositionBars({ positions }: PositionBarsProps) {
  return (
    <ResponsiveContainer>
      <BarChart data={[...positions]} margin={{ top: 4, right: 0, bottom: 0, left: -16 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} />
        <XAxis
          dataKey="position"
          tickFormatter={(position: number) => String(position + 1)}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
        />
        <YAxis tickFormatter={(ctr: number) => percent(ctr, 0)} tickLine={false} axisLine={false} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--sunken)' }}
          content={({ payload }) => <BarTooltip bar={payload[0]?.payload as PositionBarsProps['positions'][number]} />}
        />
        <Bar dataKey="ctr" fill="var(--accent)" radius={[3, 3, 0, 0]} maxBarSize={36} isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}

function BarTooltip({ bar }: { bar: PositionBarsProps['positions'][number] | undefined }) {
  if (bar === undefined) return null;
  return (
    <div className="tooltip">
      <span className="muted">Position {bar.position + 1}</span>
      <strong>{percent(bar.ctr)}</strong>
    </div>
  );
}
