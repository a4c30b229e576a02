import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupCalls } from '../../../src/shared/group-calls.ts';

const options = { maxItems: 10, concurrency: 1 };

/** Commits one after the other, by hand. */
function manualCommit() {
  const commits: { items: readonly number[]; end: (error?: Error) => void }[] = [];
  const commit = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      commits.push({
        items,
        end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 2))),
      });
    });
  return { commits, commit };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('grouped calls', () => {
  test('lets the first call go at once and the others together when it ends', async () => {
    const { commits, commit } = manualCommit();
    const call = groupCalls(commit, options);
    const results = [[1], [2, 3], [], [4]].map((items) => call(items));
    expect(commits.map(({ items }) => items)).toEqual([[1]]);
    commits[0]!.end();
    await settled();
    expect(commits.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    commits[1]!.end();
    expect(await Promise.all(results)).toEqual([[2], [4, 6], [], [8]]);
  });

  test('keeps a group within its size, but never splits a call', async () => {
    const { commits, commit } = manualCommit();
    const call = groupCalls(commit, options);
    const big = Array.from({ length: 25 }, (_, index) => index);
    const results = [[1], [2, 3], big, [4, 5, 6, 7], [8, 9]].map((items) => call(items));
    for (let index = 0; index < 4; index++) {
      commits[index]!.end();
      await settled();
    }
    await Promise.all(results);
    expect(commits.map(({ items }) => items.length)).toEqual([1, 2, 25, 6]);
  });

  test('fails only the call at fault', async () => {
    const call = groupCalls(async (items: readonly number[]) => {
      await settled();
      if (items.includes(13)) throw new Error('unlucky');
      return [...items];
    }, options);
    const outcomes = await Promise.allSettled([[1], [2], [13], [3]].map((items) => call(items)));
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message)),
    ).toEqual([[1], [2], 'unlucky', [3]]);
    expect(await call([4])).toEqual([4]);
  });

  test('runs as many commits at once as it may', async () => {
    const { commits, commit } = manualCommit();
    const call = groupCalls(commit, { maxItems: 10, concurrency: 2 });
    const results = [[1], [2], [3], [4]].map((items) => call(items));
    expect(commits).toHaveLength(2);
    commits[1]!.end();
    await settled();
    expect(commits.map(({ items }) => items)).toEqual([[1], [2], [3, 4]]);
    commits[0]!.end();
    commits[2]!.end();
    expect(await Promise.all(results)).toEqual([[2], [4], [6], [8]]);
  });

  test('gives every call its own answers, whenever commits end and whichever fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.array(fc.nat(30), { maxLength: 4 })), async (scheduler, calls) => {
        const call = groupCalls(
          async (items: readonly number[]) => {
            await scheduler.schedule(Promise.resolve());
            if (items.some((item) => item > 25)) throw new Error('refused');
            return items.map((item) => -item);
          },
          { maxItems: 5, concurrency: 2 },
        );
        const results = Promise.allSettled(calls.map((items) => call(items)));
        await scheduler.waitFor(results);
        for (const [index, outcome] of (await results).entries()) {
          const items = calls[index]!;
          if (items.some((item) => item > 25)) expect(outcome.status).toBe('rejected');
          else expect(outcome).toEqual({ status: 'fulfilled', value: items.map((item) => -item) });
        }
      }),
    );
  });
});
