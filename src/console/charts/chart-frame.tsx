import { Suspense, useId, type ReactNode } from 'react';
import { FigureTable } from '../parts/figure-table.tsx';

interface ChartFrameProps {
  /** What the chart shows, in a sentence. */
  label: string;
  legend?: readonly ReactNode[];
  /** The same as a table. */
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** The chart, which may still have to be loaded. */
  children: ReactNode;
}

/** A chart with its legend, and the same figures as a table for who cannot see it. */
export function ChartFrame({ label, legend = [], columns, rows, children }: ChartFrameProps) {
  const id = useId();
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id} className="for-readers">
        {label}
      </figcaption>
      <div className="chart__plot" aria-hidden="true">
        <Suspense fallback={<div className="skeleton" style={{ height: '100%' }} />}>{children}</Suspense>
      </div>
      {legend.length === 0 ? null : (
        <ul className="legend small">
          {legend.map((entry, index) => (
            <li key={index}>{entry}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>As a table</summary>
        <FigureTable
          label="Figures of the chart"
          columns={columns}
          rows={rows.map((cells, index) => ({ key: String(index), cells }))}
        />
      </details>
    </figure>
  );
}
