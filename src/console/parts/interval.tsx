interface IntervalProps {
  low: number;
  value: number;
  high: number;
  /** The ends of the scale. */
  from: number;
  to: number;
  colour: string;
  /** Marks a value of the scale, 0 say. */
  mark?: number;
  digits?: number;
}

const width = 200;
const height = 20;

/** An interval on a scale, with its middle. */
export function Interval({ low, value, high, from, to, colour, mark, digits = 2 }: IntervalProps) {
  const x = (at: number) => 4 + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (width - 8);
  const label = `${value.toFixed(digits)}, between ${low.toFixed(digits)} and ${high.toFixed(digits)}`;
  return (
    <svg
      className="interval"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line
        vectorEffect="non-scaling-stroke"
        x1="4"
        x2={width - 4}
        y1="10"
        y2="10"
        stroke="var(--line)"
        strokeWidth="2"
      />
      {mark === undefined ? null : (
        <line
          vectorEffect="non-scaling-stroke"
          x1={x(mark)}
          x2={x(mark)}
          y1="1"
          y2="19"
          stroke="var(--line-strong)"
          strokeDasharray="2 2"
        />
      )}
      <line
        vectorEffect="non-scaling-stroke"
        x1={x(low)}
        x2={x(high)}
        y1="10"
        y2="10"
        stroke={colour}
        strokeWidth="5"
        strokeLinecap="round"
        opacity=".45"
      />
      <line
        vectorEffect="non-scaling-stroke"
        x1={x(value)}
        x2={x(value)}
        y1="4"
        y2="16"
        stroke={colour}
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
