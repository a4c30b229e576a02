/** A part of a list, and whether it goes on. */
export interface ListPage<Item> {
  nodes: readonly Item[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Reads on behind a page, so many pages at most or to the end. @returns them as one */
export async function readFurther<Item>(
  readBehind: (cursor: string) => Promise<ListPage<Item>>,
  { pageInfo }: ListPage<Item>,
  pages: number,
): Promise<ListPage<Item>> {
  const { hasNextPage, endCursor } = pageInfo;
  if (pages === 0 || !hasNextPage || endCursor === null) return { nodes: [], pageInfo };
  const next = await readBehind(endCursor);
  const rest = await readFurther(readBehind, next, pages - 1);
  return { nodes: [...next.nodes, ...rest.nodes], pageInfo: rest.pageInfo };
}

/** Pages that were read one after the other: what was made meanwhile moves the last of one into the next, too. */
export function onceEach<Item extends { id: string }>(...lists: readonly (readonly Item[])[]): Item[] {
  return [...new Map(lists.flat().map((item) => [item.id, item])).values()];
}
