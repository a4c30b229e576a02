import { OperatorError } from '../shared/errors.ts';
import { isUuid } from '../shared/uuid.ts';
import type { Send } from './api.ts';

interface Page<Item> {
  nodes: Item[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** What has both an id and a name: a query for one by id, a list of them, and what to call one. */
const kinds = {
  collection: { one: 'collection', list: 'collections', name: 'name', words: 'collection' },
  retriever: { one: 'retriever', list: 'retrievers', name: 'name: retrieverName', words: 'retriever' },
  dataset: { one: 'evaluationDataset', list: 'evaluationDatasets', name: 'name', words: 'evaluation dataset' },
} as const;

/**
 * By its id, or by its name, which is unique in the namespace.
 * @param fields to select beside `id` and `name`
 * @throws OperatorError where there is none
 */
export async function findNamed<Item = unknown>(
  send: Send,
  kind: keyof typeof kinds,
  idOrName: string,
  fields = '',
): Promise<Item & { id: string; name: string }> {
  const found = await lookUp<Item & { id: string; name: string }>(send, kind, idOrName, fields);
  if (found !== null) return found;
  const { words } = kinds[kind];
  throw new OperatorError(`There is no ${words} ${JSON.stringify(idOrName)} there: give its id, or its name.`);
}

/** Null: there is none. */
export async function lookUp<Item extends { id: string; name: string }>(
  send: Send,
  kind: keyof typeof kinds,
  idOrName: string,
  fields = '',
): Promise<Item | null> {
  const { one, list, name: nameField } = kinds[kind];
  if (isUuid(idOrName)) {
    const query = `query ($id: ID!) { found: ${one}(id: $id) { id ${nameField} ${fields} } }`;
    return (await send<{ found: Item | null }>(query, { id: idOrName })).found;
  }
  const query = `query ($after: String) { page: ${list}(first: 100, after: $after) {
    nodes { id ${nameField} ${fields} } pageInfo { hasNextPage endCursor }
  } }`;
  for (let after: string | null = null; ;) {
    const { page }: { page: Page<Item> } = await send(query, { after });
    const found = page.nodes.find(({ name }) => name === idOrName);
    if (found !== undefined) return found;
    if (!page.pageInfo.hasNextPage) return null;
    after = page.pageInfo.endCursor;
  }
}
