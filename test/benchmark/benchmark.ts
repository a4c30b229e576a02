/** What a benchmark hands back: main.ts prints the rows as a table and writes all of it as JSON. */
export interface Measurement {
  /** What a reader must know to measure it again. */
  parameters: Record<string, unknown>;
  rows: Record<string, string | number>[];
}

/** @param args what follows its name on the command line @returns null where it had to be skipped; it has said why */
export type Benchmark = (say: (line: string) => void, args: readonly string[]) => Promise<Measurement | null>;

/** Nearest-rank percentile, rounded to 0.01. @param percent 0 to 100 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
  return Number(value.toFixed(2));
}
