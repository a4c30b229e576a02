import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import { ConflictError, NotFoundError, ValidationError } from '../shared/errors.ts';
import type { Interleaver } from './interleaver.ts';
import type { Interleaving, InterleavingCounts, InterleavingStore } from './interleaving-store.ts';
import { sequentialSignTest, type SequentialTest } from './sequential-sign-test.ts';
import type { Verdict } from './verdict.ts';

export interface StartInterleavingInput {
  baselineId: string;
  candidateId: string;
  trafficPct: number;
  alpha: number;
}

/** An interleaving and what it shows by now. */
export interface InterleavingReport extends Interleaving, InterleavingCounts, Omit<SequentialTest, 'pValue'> {
  verdict: Verdict;
  summary: string;
}

export interface InterleavingDeps {
  interleavings: InterleavingStore;
  retrievers: Pick<RetrieverStore, 'get'>;
  interleaver: Pick<Interleaver, 'refresh'>;
}

/**
 * Begins to mix the candidate's ranking into live searches of the baseline.
 * @throws ValidationError SAME_RETRIEVER, INVALID_TRAFFIC_PCT, INVALID_ALPHA; NotFoundError RETRIEVER_NOT_FOUND;
 *   ConflictError INTERLEAVING_RUNNING
 */
export async function startInterleaving(
  deps: InterleavingDeps,
  namespaceId: string,
  input: StartInterleavingInput,
): Promise<InterleavingReport> {
  checkInput(input);
  const baseline = await findRetriever(deps.retrievers, namespaceId, input.baselineId, ['input', 'baselineId']);
  const candidate = await findRetriever(deps.retrievers, namespaceId, input.candidateId, ['input', 'candidateId']);
  if (baseline.id === candidate.id) {
    throw new ValidationError(
      'candidateId names the baseline itself: make a second retriever that differs in what is to be compared.',
      'SAME_RETRIEVER',
      ['input', 'candidateId'],
    );
  }
  const spec = { ...input, baselineId: baseline.id, candidateId: candidate.id };
  const interleaving = await deps.interleavings.create(namespaceId, spec);
  await deps.interleaver.refresh();
  return reportInterleaving(deps, interleaving);
}

/** @throws NotFoundError INTERLEAVING_NOT_FOUND, ConflictError INTERLEAVING_OVER */
export async function stopInterleaving(
  deps: InterleavingDeps,
  namespaceId: string,
  id: string,
): Promise<InterleavingReport> {
  const path = ['input', 'interleavingId'];
  const stopped = await deps.interleavings.end(namespaceId, id, 'STOPPED');
  if (stopped === null) {
    const known = await deps.interleavings.get(namespaceId, id);
    if (known !== null) {
      throw new ConflictError(`The interleaving is ${known.status} already.`, 'INTERLEAVING_OVER', path);
    }
    throw new NotFoundError(
      `There is no interleaving ${JSON.stringify(id.slice(0, 100))} in this namespace.`,
      'INTERLEAVING_NOT_FOUND',
      path,
    );
  }
  await deps.interleaver.refresh();
  return reportInterleaving(deps, stopped);
}

export async function reportInterleaving(
  deps: Pick<InterleavingDeps, 'interleavings'>,
  interleaving: Interleaving,
): Promise<InterleavingReport> {
  const counts = await deps.interleavings.counts(interleaving.id);
  const { alpha } = interleaving;
  const { share, low, high, pValue } = sequentialSignTest(counts.wins, counts.losses, alpha, interleaving.pValue);
  const verdict = pValue > alpha || share === 0.5 ? 'NO_DIFFERENCE_SHOWN' : share > 0.5 ? 'BETTER' : 'WORSE';
  const report = { ...interleaving, ...counts, share, low, high, pValue, verdict } as const;
  return { ...report, summary: inWords(report) };
}

function inWords({ verdict, wins, losses, share, low, high }: Omit<InterleavingReport, 'summary'>): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const decided = wins + losses;
  if (decided === 0) return 'No search has a winner yet.';
  const figures = `it won ${wins} of ${decided} searches that have a winner (${percent(share)}; ${percent(low)} to ${percent(high)}, valid whenever one looks)`;
  if (verdict === 'NO_DIFFERENCE_SHOWN') return `No difference is shown yet: the candidate, ${figures}.`;
  return `The candidate is ${verdict === 'BETTER' ? 'better' : 'worse'}: ${figures}.`;
}

function checkInput({ trafficPct, alpha }: StartInterleavingInput): void {
  if (!(trafficPct > 0 && trafficPct <= 100)) {
    throw new ValidationError(`trafficPct must be above 0 and up to 100, not ${trafficPct}.`, 'INVALID_TRAFFIC_PCT', [
      'input',
      'trafficPct',
    ]);
  }
  if (!(alpha >= 0.001 && alpha <= 0.2)) {
    throw new ValidationError(
      `alpha, the chance of a wrong verdict, must be from 0.001 to 0.2, not ${alpha}.`,
      'INVALID_ALPHA',
      ['input', 'alpha'],
    );
  }
}
