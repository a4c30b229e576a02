import { SingleBar } from 'cli-progress';
import type { Progress } from './progress-file.ts';

const EVERY_ROWS = 10_000;

/** A bar on a terminal; elsewhere a line now and then. */
export function showProgress(totalBytes: number): {
  update: (progress: Progress & { bytes: number }) => void;
  end: () => void;
} {
  if (!process.stdout.isTTY) return lines();
  const bar = new SingleBar({
    format: '{bar} {percentage} % | {stored} stored, {rejected} set aside | {eta_formatted} left',
  });
  bar.start(totalBytes, 0, { stored: 0, rejected: 0 });
  return { update: ({ bytes, stored, rejected }) => bar.update(bytes, { stored, rejected }), end: () => bar.stop() };
}

function lines() {
  let said = 0;
  return {
    update({ rows, stored, rejected }: Progress) {
      if (rows - said < EVERY_ROWS) return;
      said = rows;
      process.stdout.write(`${rows} rows: ${stored} stored, ${rejected} set aside\n`);
    },
    end() {},
  };
}
