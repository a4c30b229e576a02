import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { Page, PageRequest } from '../shared/page.ts';

/** A configuration to measure: a retriever, or the same with another fusion. */
export interface Configuration {
  retrieverId: string;
  /** Null: the retriever's own. */
  fusion: FusionMethod | null;
}

export interface RunBenchmarkInput {
  /** Its retriever's past sessions are replayed. */
  baseline: Configuration;
  candidates: readonly Configuration[];
  /** The newest so many. */
  sessions: number;
  days: number;
  kValues: readonly number[];
}

/** Past sessions, replayed with a baseline and with candidates: one evaluation each, on the same dataset. */
export interface Benchmark {
  /** UUIDv7. */
  id: string;
  namespaceId: string;
  datasetId: string;
  sessionCount: number;
  /** Evaluations. */
  baselineId: string;
  candidateIds: readonly string[];
  createdAt: number;
}

export interface BenchmarkStore {
  create(namespaceId: string, benchmark: Omit<Benchmark, 'id' | 'namespaceId' | 'createdAt'>): Promise<Benchmark>;
  /** Null where the namespace has none of that id. */
  get(namespaceId: string, id: string): Promise<Benchmark | null>;
  /** Newest first. */
  list(namespaceId: string, page: PageRequest): Promise<Page<Benchmark>>;
}
