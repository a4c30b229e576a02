/** As it comes from the API: nothing checked, absent is null. */
export interface CreateDatasetInput {
  /** Null where `datasetId` is given. */
  name: string | null;
  /** Makes the next version of this dataset. */
  datasetId: string | null;
  /** With `datasetId`: keeps what the version before holds; new judgments win over old ones. */
  keepPrevious: boolean;
  queries: readonly QueryInput[] | null;
  csv: string | null;
  jsonl: string | null;
}

export interface QueryInput {
  queryId: string | null;
  inputs: unknown;
  judgments: readonly { documentId: string; relevance: number }[];
}

/** A row of an upload that was left out. */
export interface RejectedRow {
  /** From 1, as editors count; a CSV's header is line 1. */
  line: number;
  message: string;
}

export interface GenerateDatasetInput {
  retrieverId: string;
  minInteractions: number;
  /** Null: after the retriever and the time. */
  name: string | null;
  /** How far back the log is read. */
  days: number;
  /** The share of the searches, latest first, that judgments are made from. */
  heldOutShare: number;
}
