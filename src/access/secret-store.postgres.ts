import { randomBytes } from 'node:crypto';
import type { Queryable } from '../postgres/database.ts';
import { invariant } from '../shared/invariant.ts';
import type { SecretStore } from './secret-store.ts';

export function createPostgresSecretStore(db: Queryable): SecretStore {
  return {
    async ensureSecret(name) {
      // two instances may start at once: whoever is first decides, both read what is stored
      await db.query('insert into settings (name, value) values ($1, $2) on conflict (name) do nothing', [
        name,
        randomBytes(32).toString('hex'),
      ]);
      const [row] = await db.query<{ value: string }>('select value from settings where name = $1', [name]);
      invariant(row, `the setting ${name} has just been stored`);
      return Buffer.from(row.value, 'hex');
    },
  };
}
