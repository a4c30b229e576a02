import type { Signal } from '../interactions/interaction.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import type { Team } from './interleaving.ts';

export type InterleavingStatus = 'RUNNING' | 'DECIDED' | 'STOPPED';

/** Two retrievers whose rankings are mixed in live searches of the first. */
export interface Interleaving {
  /** UUIDv7. */
  id: string;
  namespaceId: string;
  /** Retrievers. Searches of the baseline are mixed. */
  baselineId: string;
  candidateId: string;
  /** The share of them, above 0 and up to 100. */
  trafficPct: number;
  /** The chance of a wrong verdict, however often one looks. */
  alpha: number;
  /** The smallest seen so far. */
  pValue: number;
  status: InterleavingStatus;
  createdAt: number;
  endedAt: number | null;
}

/** Searches by who won them; `searches` counts those without a reward too. */
export interface InterleavingCounts {
  searches: number;
  wins: number;
  losses: number;
  ties: number;
}

/** A mixed search that earned something, and has no winner yet. */
export interface UncreditedSearch {
  executionId: string;
  teams: readonly Team[];
  /** As shown. */
  documentIds: readonly string[];
  signals: readonly Signal[];
}

export interface TeamCredit {
  executionId: string;
  baseline: number;
  candidate: number;
}

export interface InterleavingStore {
  /** @throws ConflictError INTERLEAVING_RUNNING where the baseline is one already */
  create(
    namespaceId: string,
    spec: Pick<Interleaving, 'baselineId' | 'candidateId' | 'trafficPct' | 'alpha'>,
  ): Promise<Interleaving>;
  /** Null where the namespace has none of that id. */
  get(namespaceId: string, id: string): Promise<Interleaving | null>;
  /** Newest first. */
  list(namespaceId: string, page: PageRequest): Promise<Page<Interleaving>>;
  /** Those that run, of all namespaces. */
  running(): Promise<Interleaving[]>;
  /** Null where it does not run. */
  end(namespaceId: string, id: string, status: 'DECIDED' | 'STOPPED'): Promise<Interleaving | null>;
  recordSearch(id: string, executionId: string, teams: readonly Team[]): Promise<void>;
  /** Those with an interaction that was received since. */
  uncredited(id: string, since: number): Promise<UncreditedSearch[]>;
  /** The first credit of a search stays. */
  credit(credits: readonly TeamCredit[]): Promise<void>;
  counts(id: string): Promise<InterleavingCounts>;
  /** Keeps the smallest. */
  lowerPValue(id: string, pValue: number): Promise<void>;
}
