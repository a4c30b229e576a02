import { invariant } from './invariant.ts';

export interface GroupCallsOptions {
  /** Items a run, unless a single call brings more. */
  maxItems: number;
  /** Runs under way at once. */
  concurrency: number;
}

interface Call<Item, Result> {
  items: readonly Item[];
  resolve: (results: Result[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets concurrent calls share the runs of what they call, such as commits. A call that finds a free place goes at once;
 * calls that come while all are taken go together when one ends, so that the busier it is, the more a run carries. A group
 * that fails is tried again call by call: only the call at fault fails, and `run` must bear being repeated with the same
 * items.
 * @param run takes items and returns one result each, in order; all or nothing
 */
export function groupCalls<Item, Result>(
  run: (items: readonly Item[]) => Promise<Result[]>,
  { maxItems, concurrency }: GroupCallsOptions,
): (items: readonly Item[]) => Promise<Result[]> {
  const waiting: Call<Item, Result>[] = [];
  let running = 0;

  async function settle(call: Call<Item, Result>): Promise<void> {
    await run(call.items).then(call.resolve, call.reject);
  }

  async function settleGroup(calls: readonly Call<Item, Result>[]): Promise<void> {
    const [first, ...others] = calls;
    invariant(first !== undefined, 'a group holds a call');
    if (others.length === 0) return settle(first);
    let results: Result[];
    try {
      results = await run(calls.flatMap(({ items }) => items));
    } catch {
      for (const call of calls) await settle(call);
      return;
    }
    let from = 0;
    for (const { items, resolve } of calls) resolve(results.slice(from, (from += items.length)));
  }

  function takeGroup(): Call<Item, Result>[] {
    let size = 0;
    const end = waiting.findIndex(({ items }, index) => (size += items.length) > maxItems && index > 0);
    return waiting.splice(0, end === -1 ? waiting.length : end);
  }

  async function work(): Promise<void> {
    running += 1;
    while (waiting.length > 0) await settleGroup(takeGroup());
    running -= 1;
  }

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (running < concurrency) void work();
    });
}
