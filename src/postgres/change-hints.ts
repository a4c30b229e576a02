import type { ContextRef } from '../learning/context.ts';
import type { Database } from './database.ts';

/** What one instance tells the others. A hint only: who hears it re-reads, who misses it re-reads after reconnecting. */
export type ChangeHint =
  | { kind: 'weights'; retrieverId: string; contexts: readonly ContextRef[] | null }
  | { kind: 'retriever'; namespaceId: string; retrieverId: string }
  | { kind: 'rollout'; namespaceId: string; retrieverId: string }
  | { kind: 'key'; keyId: string; prefix: string };

export interface ChangeHints {
  announce(hint: ChangeHint): Promise<void>;
  close(): Promise<void>;
}

const CHANNEL = 'attune_changes';
/** Postgres refuses payloads of 8,000 bytes; a longer list of contexts becomes "unknown which". */
const PAYLOAD_LIMIT_BYTES = 7_900;

/** Joins the instances that share a Postgres. Own hints are not heard. */
export async function openChangeHints(
  database: Database,
  instanceId: string,
  on: { hint: (hint: ChangeHint) => void; missed: () => void },
): Promise<ChangeHints> {
  const stop = await database.listen(
    CHANNEL,
    (payload) => {
      const { from, ...hint } = JSON.parse(payload) as ChangeHint & { from: string };
      if (from !== instanceId) on.hint(hint);
    },
    on.missed,
  );
  return {
    async announce(hint) {
      await database.query('select pg_notify($1, $2)', [CHANNEL, encode(instanceId, hint)]);
    },
    close: stop,
  };
}

function encode(from: string, hint: ChangeHint): string {
  const payload = JSON.stringify({ from, ...hint });
  if (Buffer.byteLength(payload) <= PAYLOAD_LIMIT_BYTES || hint.kind !== 'weights') return payload;
  return JSON.stringify({ from, ...hint, contexts: null });
}
