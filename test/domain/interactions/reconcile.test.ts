import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LedgerPage, LogLedger, SourceLedger } from '../../../src/interactions/event-ledger.ts';
import { reconcile } from '../../../src/interactions/reconcile.ts';
import { startOfTest } from '../../fixtures/interaction.ts';

const page: LedgerPage = { kind: 'interaction', retrieverId: 'shop', hour: startOfTest };

/** One page, of which the stores have these. */
async function differenceOf(sent: readonly string[], arrived: readonly string[], known: readonly string[]) {
  const ledger = (ids: readonly string[], fingerprint: string) => ({
    counts: (kind: string) => Promise.resolve(kind === page.kind ? [{ ...page, count: ids.length, fingerprint }] : []),
    ids: () => Promise.resolve([...ids]),
  });
  const source: SourceLedger = {
    ...ledger(sent, 'here'),
    known: (_kind, ids) => Promise.resolve(ids.filter((id) => known.includes(id))),
    sendAgain: () => Promise.resolve(),
  };
  const log: LogLedger = { ...ledger(arrived, 'there'), learnedDifferences: () => Promise.resolve([]) };
  const { differences } = await reconcile({ source, log, clock: { now: () => startOfTest } }, false);
  return differences;
}

test('each id is missing, surplus or repeated, once, in the order in which the stores told of it', async () => {
  expect(await differenceOf(['a', 'b', 'c', 'd'], ['d', 'x', 'b', 'x', 'y', 'b', 'b', 'z'], ['y'])).toEqual([
    { ...page, missing: ['a', 'c'], surplus: ['x', 'z'], repeated: ['x', 'b'] },
  ]);
  expect(await differenceOf(['a', 'b'], ['b', 'a', 'y'], ['y'])).toEqual([]);
});

test('whatever the stores have, a page differs by what one has alone and what ClickHouse has again', async () => {
  const ids = fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...'abcdefgh')), ids, ids, async (sent, arrived, known) => {
      const distinct = [...new Set(arrived)];
      const expected = {
        ...page,
        missing: sent.filter((id) => !arrived.includes(id)),
        surplus: distinct.filter((id) => !sent.includes(id) && !known.includes(id)),
        repeated: distinct.filter((id) => arrived.indexOf(id) !== arrived.lastIndexOf(id)).sort(),
      };
      const [difference = { ...page, missing: [], surplus: [], repeated: [] }] = await differenceOf(
        sent,
        arrived,
        known,
      );
      expect({ ...difference, repeated: difference.repeated.toSorted() }).toEqual(expected);
    }),
  );
});
