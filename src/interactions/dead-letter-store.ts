import type { Page, PageRequest } from '../shared/page.ts';

/** A batch that ClickHouse refused for good, put aside whole. */
export interface DeadLetter {
  /** Of the batch, a UUIDv7. */
  id: string;
  /** How many of each are in it. */
  executions: number;
  interactions: number;
  /** How often it was tried. */
  attempts: number;
  /** What ClickHouse said. */
  error: string;
  /** When it was put aside, milliseconds since the epoch. */
  buriedAt: number;
}

export interface DeadLetterStore {
  count(): Promise<number>;
  /** The newest batch first. */
  list(page: PageRequest): Promise<Page<DeadLetter>>;
  /** Puts these (null: all) back into the outbox, whole, and returns their ids; the others are not there (any more). */
  replay(ids: readonly string[] | null): Promise<string[]>;
}
