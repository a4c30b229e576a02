import { SingleBar } from 'cli-progress';
import { systemClock } from '../shared/clock.ts';

export interface ShownProgress {
  /**
   * @param done of the total
   * @param words where it is, beside the bar or as a line of its own
   * @param total where it turns out to be another than was thought
   */
  update(done: number, words: string, total?: number): void;
  end(): void;
}

const LINE_EVERY_MS = 10_000;

/**
 * A bar on a terminal; elsewhere, in a pipeline's log, say, a line every ten seconds.
 * @param total null: nobody knows, so that there is nothing but the words
 */
export function showProgress(total: number | null, stream: NodeJS.WriteStream): ShownProgress {
  if (!stream.isTTY) return lines(stream);
  const format = total === null ? '{words}' : '{bar} {percentage} % | {words} | {eta_formatted} left';
  const bar = new SingleBar({ format, stream, hideCursor: true });
  bar.start(total ?? 0, 0, { words: '' });
  return {
    update(done, words, newTotal) {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done, { words });
    },
    end: () => bar.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): ShownProgress {
  let saidAt = systemClock.now();
  return {
    update(_done, words) {
      if (systemClock.now() - saidAt < LINE_EVERY_MS) return;
      saidAt = systemClock.now();
      stream.write(`${words}\n`);
    },
    end() {},
  };
}
