import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { featureColour, featureName } from '../features/feature-style.ts';
import { dayOfYear, hourOfDay, percent, timeOfDay } from '../parts/format.ts';
import type { WeightPoint } from '../retriever/weight-history.ts';

interface WeightAreasProps {
  points: readonly WeightPoint[];
  features: readonly string[];
  /** Seconds count: each state holds until the next. */
  live: boolean;
}

const dayMs = 24 * 60 * 60_000;
/** So wide at least, that the first moments are no needle. */
const liveSpanMs = 5_000;

/** Weights sum to one at every moment, so they stand on each other. */
export default function WeightAreas({ points, features, live }: WeightAreasProps) {
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const format = live ? timeOfDay : last - first > dayMs ? dayOfYear : hourOfDay;
  const end = live ? Math.max(last, first + liveSpanMs) : last;
  return (
    <ResponsiveContainer>
      <AreaChart data={[...points]} margin={{ top: 4, right: 8, bottom: 0, left: -16 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={[first, end]}
          tickFormatter={format}
          tickLine={false}
          axisLine={false}
          minTickGap={48}
        />
        <YAxis
          domain={[0, 1]}
          ticks={[0, 0.25, 0.5, 0.75, 1]}
          tickFormatter={(value: number) => `${value * 100} %`}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip isAnimationActive={false} content={<PointTooltip features={features} format={format} />} />
        {features.map((uri) => (
          <Area
            key={uri}
            dataKey={({ weights }: WeightPoint) => weights[uri] ?? 0}
            name={featureName(uri)}
            stackId="weights"
            type={live ? 'stepAfter' : 'linear'}
            stroke="var(--surface)"
            strokeWidth={1}
            fill={featureColour(uri)}
            fillOpacity={0.88}
            isAnimationActive={false}
            dot={points.length === 1}
          />
        ))}
      </AreaChart>
    </ResponsiveContainer>
  );
}

interface PointTooltipProps {
  features: readonly string[];
  format: (at: number) => string;
  payload?: readonly { payload: WeightPoint }[];
}

function PointTooltip({ features, format, payload = [] }: PointTooltipProps) {
  const point = payload[0]?.payload;
  if (point === undefined) return null;
  return (
    <div className="tooltip">
      <span className="muted">{format(point.at)}</span>
      {features.map((uri) => (
        <span key={uri}>
          {featureName(uri)} <strong>{percent(point.weights[uri] ?? 0)}</strong>
        </span>
      ))}
    </div>
  );
}
