import type { Metrics } from './run-evaluations.ts';

const columns = [
  ['nDCG', 'ndcg'],
  ['MRR', 'mrr'],
  ['MAP', 'map'],
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['F1', 'f1'],
  ['judged', 'judged'],
] as const satisfies readonly (readonly [string, keyof Metrics])[];

export interface NamedMetrics {
  name: string;
  metrics: readonly Metrics[];
}

/** A row a retriever and k, side by side; lines without their ends. */
export function metricsTable(sides: readonly NamedMetrics[]): string[] {
  const header = ['', 'k', ...columns.map(([title]) => title)];
  const ks = sides[0]?.metrics.map(({ k }) => k) ?? [];
  const rows = ks.flatMap((k) =>
    sides.flatMap(({ name, metrics }) => {
      const found = metrics.find((one) => one.k === k);
      return found === undefined ? [] : [[name, String(k), ...columns.map(([, field]) => found[field].toFixed(3))]];
    }),
  );
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
