import type { Queryable } from '../postgres/database.ts';
import { ConflictError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import type { Namespace } from './caller.ts';
import type { NamespaceStore } from './namespace-store.ts';

export function createPostgresNamespaceStore(db: Queryable): NamespaceStore {
  const insert = async (namespace: Namespace): Promise<boolean> => {
    const rows = await db.query(
      'insert into namespaces (id, name) values ($1, $2) on conflict (name) do nothing returning id',
      [namespace.id, namespace.name],
    );
    return rows.length === 1;
  };
  const findByName = async (name: string): Promise<Namespace | null> => {
    const [row] = await db.query<Namespace>('select id, name from namespaces where name = $1', [name]);
    return row ?? null;
  };

  return {
    findByName,

    async create(namespace) {
      if (await insert(namespace)) return;
      throw new ConflictError(
        `The namespace "${namespace.name}" exists already; choose another name.`,
        'NAMESPACE_TAKEN',
        ['input', 'name'],
      );
    },

    async ensure(namespace) {
      await insert(namespace);
      const stored = await findByName(namespace.name);
      invariant(stored, `the namespace ${namespace.name} has just been stored`);
      return stored;
    },

    async findById(id) {
      const [row] = await db.query<Namespace>('select id, name from namespaces where id = $1', [id]);
      return row ?? null;
    },
  };
}
