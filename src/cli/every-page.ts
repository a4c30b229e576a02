import type { Page, PageRequest } from '../shared/page.ts';

/** All items of a list. */
export async function everyPage<Item extends { id: string }>(
  read: (request: PageRequest) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (;;) {
    const { items, hasNextPage } = await read({ limit: 100, after: all.at(-1)?.id ?? null });
    all.push(...items);
    if (!hasNextPage) return all;
  }
}
