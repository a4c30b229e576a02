/** A row: a line of JSONL as it is, a line of CSV by its columns. */
export type ExportedRow = Record<string, unknown>;

export interface ExportedPage {
  rows: ExportedRow[];
  /** Of what is counted for progress; left out: the rows. */
  units?: number;
  /** Where the next page begins. */
  cursor: string;
}

/** What can be exported: a list of the API. */
export interface ExportSource {
  /** Tells one export from another, for going on with it. */
  name: string;
  /** What is counted for progress: documents, say. */
  unit: string;
  /** How many there are; null: nobody knows. */
  total: number | null;
  /** @param after null: from the beginning */
  pages(after: string | null): AsyncGenerator<ExportedPage>;
  /** The columns of a CSV; where they depend on the rows, all of them are read for it. */
  columns(signal: AbortSignal): Promise<string[]>;
  /** A row as a CSV has it. */
  toCells(row: ExportedRow): ExportedRow;
}

export interface Connection<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Follows a connection to its end. */
export async function* everyPageOf<Node>(
  read: (after: string | null) => Promise<Connection<Node>>,
  from: string | null,
): AsyncGenerator<{ nodes: Node[]; cursor: string }> {
  for (let after = from; ;) {
    const { nodes, pageInfo } = await read(after);
    if (pageInfo.endCursor === null) return;
    after = pageInfo.endCursor;
    yield { nodes, cursor: after };
    if (!pageInfo.hasNextPage) return;
  }
}
