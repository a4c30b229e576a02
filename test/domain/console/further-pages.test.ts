import { expect, test } from 'vitest';
import { onceEach, readFurther } from '../../../src/console/overview/further-pages.ts';

const last = 4;
/** Five pages of one item, each with its number as cursor. */
const page = (number: number) => ({
  nodes: [{ id: `r${number}` }],
  pageInfo: { hasNextPage: number < last, endCursor: String(number) },
});
const readBehind = (cursor: string) => Promise.resolve(page(Number(cursor) + 1));
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

test('pages are read behind the first, as many as are asked for', async () => {
  const { nodes, pageInfo } = await readFurther(readBehind, page(0), 2);
  expect(idsOf(nodes)).toEqual(['r1', 'r2']);
  expect(pageInfo.hasNextPage).toBe(true);
});

test('no further page is asked for than there is', async () => {
  const { nodes, pageInfo } = await readFurther(readBehind, page(0), 100);
  expect(idsOf(nodes)).toEqual(['r1', 'r2', 'r3', 'r4']);
  expect(pageInfo.hasNextPage).toBe(false);
});

test('the first page alone asks for nothing, and says whether there is more', async () => {
  const never = () => Promise.reject(new Error('was asked'));
  expect(await readFurther(never, page(0), 0)).toEqual({ nodes: [], pageInfo: page(0).pageInfo });
  expect((await readFurther(never, page(last), 3)).pageInfo.hasNextPage).toBe(false);
});

test('a page that fails fails them all', async () => {
  await expect(readFurther(() => Promise.reject(new Error('gone')), page(0), 1)).rejects.toThrow('gone');
});

test('what two pages tell of is there once, where it was first', () => {
  expect(idsOf(onceEach([{ id: 'a' }, { id: 'b' }], [{ id: 'b' }, { id: 'c' }]))).toEqual(['a', 'b', 'c']);
});
