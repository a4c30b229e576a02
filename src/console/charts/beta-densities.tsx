import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, XAxis } from 'recharts';
import { featureColour } from '../features/feature-style.ts';
import { betaDensity, type Beta } from './beta-density.ts';

interface Feature extends Beta {
  featureUri: string;
}

interface BetaDensitiesProps {
  now: readonly Feature[];
  /** As they were, for comparison. */
  first: readonly Feature[];
}

const steps = 240;

/** The densities on 0 to 1. They have no scale: the area below each is one, so what is narrow is high. */
export default function BetaDensities({ now, first }: BetaDensitiesProps) {
  const rows = Array.from({ length: steps - 1 }, (_, index) => {
    const x = (index + 1) / steps;
    return { x, now: now.map((one) => betaDensity(one, x)), first: first.map((one) => betaDensity(one, x)) };
  });
  return (
    <ResponsiveContainer>
      <ComposedChart data={rows} margin={{ top: 8, right: 8, bottom: 0, left: 8 }} accessibilityLayer={false}>
        <CartesianGrid horizontal={false} />
        <XAxis
          dataKey="x"
          type="number"
          domain={[0, 1]}
          ticks={[0, 0.25, 0.5, 0.75, 1]}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
        />
        {now.map(({ featureUri }, index) => (
          <Area
            key={featureUri}
            dataKey={`now[${index}]`}
            type="monotone"
            stroke={featureColour(featureUri)}
            strokeWidth={2}
            fill={featureColour(featureUri)}
            fillOpacity={0.22}
            isAnimationActive={false}
            dot={false}
          />
        ))}
        {first.map(({ featureUri }, index) => (
          <Line
            key={featureUri}
            dataKey={`first[${index}]`}
            type="monotone"
            stroke={featureColour(featureUri)}
            strokeDasharray="3 4"
            strokeWidth={1.25}
            isAnimationActive={false}
            dot={false}
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
