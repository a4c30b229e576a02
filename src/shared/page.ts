/** A slice of a list in a stable order, for Relay connections: `limit` items after the opaque key `after`. */
export interface PageRequest {
  /** 1 to 100. */
  limit: number;
  after: string | null;
}

export interface Page<Item> {
  items: Item[];
  hasNextPage: boolean;
}
