/** Where judgments come from: people, what people did with search results, or whole sessions to replay. */
export type DatasetSource = 'MANUAL' | 'INTERACTIONS' | 'SESSIONS';

/** What a generated version was made from. Times in milliseconds since the epoch. */
export interface DatasetOrigin {
  retrieverId: string;
  minInteractions: number;
  /** The log was read from `from` to `until`. */
  from: number;
  until: number;
  /** Where it was split: queries that were searched since are judged by that part alone. */
  heldOutFrom: number;
}

/** One version of a set of judged queries; it never changes, but that the queries of a forgotten user go from it. */
export interface EvaluationDataset {
  id: string;
  namespaceId: string;
  name: string;
  /** From 1; what is added to a dataset makes the next one. */
  version: number;
  source: DatasetSource;
  /** Null where people judged. */
  origin: DatasetOrigin | null;
  queryCount: number;
  judgmentCount: number;
  createdAt: number;
}

export interface JudgedQuery {
  /** Names the query within its dataset, the same in every version. */
  queryId: string;
  /** What the retriever is searched with. */
  inputs: Record<string, unknown>;
  /** Document id → grade, a whole number from 0. */
  judgments: Readonly<Record<string, number>>;
  /** Queries of the same cluster count as one observation when rankings are compared; null: it stands alone. */
  cluster: string | null;
  /** Judged by what people did from `origin.heldOutFrom` on; false where people judged, or nobody searched it since. */
  heldOut: boolean;
}

/** A judged query in its place. */
export interface EvaluationQuery extends JudgedQuery {
  /** UUIDv7, of this version alone. */
  id: string;
  /** From 0. */
  position: number;
}
