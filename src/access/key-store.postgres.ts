import type { Database, Queryable } from '../postgres/database.ts';
import { ValidationError } from '../shared/errors.ts';
import { isUuid } from '../shared/uuid.ts';
import type { ApiKey } from './access-input.ts';
import type { Scope } from './caller.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

interface KeyRow {
  id: string;
  namespace_id: string | null;
  name: string;
  prefix: string;
  salt: Buffer;
  hash: Buffer;
  scopes: Scope[];
  created_ms: number;
  expires_ms: number | null;
  revoked_ms: number | null;
  allowed_origins: string[];
  rate_limit_per_minute: number | null;
}

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;
const timestamp = (parameter: string) => `to_timestamp(${parameter}::float8 / 1000)`;
const columns = `id, namespace_id, name, prefix, salt, hash, scopes, allowed_origins, rate_limit_per_minute,
  ${ms('created_at')} as created_ms, ${ms('expires_at')} as expires_ms, ${ms('revoked_at')} as revoked_ms`;

export function createPostgresKeyStore(db: Database): KeyStore {
  return {
    insert: (key) => insert(db, key, ''),

    async findByPrefix(prefix) {
      const [row] = await db.query<KeyRow>(`select ${columns} from api_keys where prefix = $1`, [prefix]);
      return row === undefined ? null : toStoredKey(row);
    },

    async list(namespaceId, { limit, after }) {
      if (after !== null && !isUuid(after)) {
        throw new ValidationError('after is no cursor of this list; take it from pageInfo.', 'INVALID_CURSOR', [
          'after',
        ]);
      }
      const rows = await db.query<KeyRow>(
        `select ${columns} from api_keys where namespace_id = $1 and ($2::uuid is null or id < $2)
         order by id desc limit $3`,
        [namespaceId, after, limit + 1],
      );
      return { items: rows.slice(0, limit).map(toApiKey), hasNextPage: rows.length > limit };
    },

    async revoked(ids) {
      const rows = await db.query<{ id: string }>(
        `select asked.id from unnest($1::uuid[]) as asked(id)
         left join api_keys on api_keys.id = asked.id
         where api_keys.id is null or revoked_at is not null`,
        [ids],
      );
      return rows.map(({ id }) => id);
    },

    async revoke(namespaceId, id, at) {
      const [row] = await db.query<KeyRow>(
        `update api_keys set revoked_at = coalesce(revoked_at, ${timestamp('$3')})
         where namespace_id = $1 and id = $2 returning ${columns}`,
        [namespaceId, id, at],
      );
      return row === undefined ? null : toApiKey(row);
    },

    async hasAdminKey() {
      const rows = await db.query('select 1 from api_keys where namespace_id is null and revoked_at is null limit 1');
      return rows.length > 0;
    },

    async replaceAdminKey(key) {
      await db.transaction(async (tx) => {
        await tx.query(
          `update api_keys set revoked_at = ${timestamp('$2')}
           where namespace_id is null and prefix <> $1 and revoked_at is null`,
          [key.prefix, key.createdAt],
        );
        await insert(
          tx,
          key,
          'on conflict (prefix) do update set salt = excluded.salt, hash = excluded.hash, revoked_at = null',
        );
      });
    },
  };
}

async function insert(db: Queryable, key: StoredKey, onConflict: string): Promise<void> {
  await db.query(
    `insert into api_keys (id, namespace_id, name, prefix, salt, hash, scopes, created_at, expires_at, allowed_origins,
       rate_limit_per_minute)
     values ($1, $2, $3, $4, $5, $6, $7, ${timestamp('$8')}, ${timestamp('$9')}, $10, $11) ${onConflict}`,
    [
      ...[key.id, key.namespaceId, key.name, key.prefix, key.salt, key.hash, key.scopes, key.createdAt, key.expiresAt],
      ...[key.allowedOrigins, key.rateLimitPerMinute],
    ],
  );
}

function toApiKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_ms,
    expiresAt: row.expires_ms,
    revokedAt: row.revoked_ms,
    allowedOrigins: row.allowed_origins,
    rateLimitPerMinute: row.rate_limit_per_minute,
  };
}

function toStoredKey(row: KeyRow): StoredKey {
  return { ...toApiKey(row), namespaceId: row.namespace_id, salt: row.salt, hash: row.hash };
}
