import type { Clock } from '../shared/clock.ts';
import type { EventKind, LearnedCount, LedgerCount, LedgerPage, LogLedger, SourceLedger } from './event-ledger.ts';

export interface ReconcileDeps {
  source: SourceLedger;
  log: LogLedger;
  clock: Clock;
}

export interface Difference extends LedgerPage {
  /** Ids that Postgres has and ClickHouse has not. */
  missing: string[];
  /** Ids that ClickHouse has and Postgres has not. */
  surplus: string[];
  /** Ids that ClickHouse has more than once. */
  repeated: string[];
}

export interface Reconciliation {
  /** Events of each kind that were compared. */
  compared: Record<EventKind, number>;
  differences: Difference[];
  /** Retrievers whose sums are not those of their log; rebuildLearnedWeights mends them. */
  learned: LearnedCount[];
  /** Events that were put into the outbox again. */
  sentAgain: number;
}

const HOUR_MS = 3_600_000;
/** Postgres keeps events for a week; what it is about to sweep is left out. */
const COMPARED_HOURS = 7 * 24 - 2;
const KINDS: readonly EventKind[] = ['execution', 'interaction'];

/**
 * Compares what Postgres has acknowledged with what ClickHouse has, and what was learned with what the log says was.
 * Servers may run meanwhile: whatever only seems to differ because it is on its way is looked at again, in the order in
 * which it moves.
 * @param repair what is missing is put into the outbox again
 */
export async function reconcile(deps: ReconcileDeps, repair: boolean): Promise<Reconciliation> {
  const from = Math.floor(deps.clock.now() / HOUR_MS) * HOUR_MS - COMPARED_HOURS * HOUR_MS;
  const compared = { execution: 0, interaction: 0 };
  const differences: Difference[] = [];
  for (const kind of KINDS) {
    const [here, there] = await Promise.all([deps.source.counts(kind, from), deps.log.counts(kind, from)]);
    compared[kind] = here.reduce((sum, { count }) => sum + count, 0);
    for (const page of differingPages(here, there)) {
      const difference = await differenceOf(deps, page);
      if (difference !== null) differences.push(difference);
    }
  }
  const sentAgain = repair ? await sendMissing(deps, differences) : 0;
  return { compared, differences, learned: await deps.log.learnedDifferences(), sentAgain };
}

function differingPages(here: readonly LedgerCount[], there: readonly LedgerCount[]): LedgerPage[] {
  const keyOf = ({ retrieverId, hour, count, fingerprint }: LedgerCount) =>
    `${retrieverId} ${hour} ${count} ${fingerprint}`;
  const known = new Set(there.map(keyOf));
  const expected = new Set(here.map(keyOf));
  const differing = [
    ...here.filter((page) => !known.has(keyOf(page))),
    ...there.filter((page) => !expected.has(keyOf(page))),
  ];
  const pages = new Map(differing.map((page) => [`${page.retrieverId} ${page.hour}`, page]));
  return [...pages.values()].sort((one, other) => one.hour - other.hour);
}

/** Null where they only seemed to differ. */
async function differenceOf({ source, log }: ReconcileDeps, page: LedgerPage): Promise<Difference | null> {
  // Events move from Postgres to ClickHouse: what had arrived when Postgres was asked must be found there afterwards.
  const sent = await source.ids(page);
  const arrived = await log.ids(page);
  const here = new Set(sent);
  const there = new Set<string>();
  const repeated = new Set<string>();
  for (const id of arrived) (there.has(id) ? repeated : there).add(id);
  const missing = sent.filter((id) => !there.has(id));
  const unsent = [...there].filter((id) => !here.has(id));
  const known = new Set(unsent.length === 0 ? [] : await source.known(page.kind, unsent));
  const surplus = unsent.filter((id) => !known.has(id));
  if (missing.length + surplus.length + repeated.size === 0) return null;
  const { kind, retrieverId, hour } = page;
  return { kind, retrieverId, hour, missing, surplus, repeated: [...repeated] };
}

async function sendMissing({ source }: ReconcileDeps, differences: readonly Difference[]): Promise<number> {
  let sent = 0;
  for (const { kind, missing } of differences) {
    if (missing.length > 0) await source.sendAgain(kind, missing);
    sent += missing.length;
  }
  return sent;
}
