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
/** Postgres refuses payloads of 8,000 bytes; a longer list of contexts takes several. */
const PAYLOAD_LIMIT_BYTES = 7_900;

/** A notification; `more`: the next one of the same instance goes on with its list of contexts. */
type Payload = ChangeHint & { from: string; more?: true };

/** Joins the instances that share a Postgres. Own hints are not heard. */
export async function openChangeHints(
  database: Database,
  instanceId: string,
  on: { hint: (hint: ChangeHint) => void; missed: () => void },
): Promise<ChangeHints> {
  /** Lists that have not come to their end, by instance: what one transaction sends comes in one piece. */
  const begun = new Map<string, ContextRef[]>();
  const stop = await database.listen(
    CHANNEL,
    (payload) => {
      const { from, more, ...hint } = JSON.parse(payload) as Payload;
      if (from === instanceId) return;
      if (hint.kind !== 'weights' || hint.contexts === null) return on.hint(hint);
      const contexts = [...(begun.get(from) ?? []), ...hint.contexts];
      // Only whole: to be told a part of a batch is to take its version for known.
      if (more) begun.set(from, contexts);
      else {
        begun.delete(from);
        on.hint({ ...hint, contexts });
      }
    },
    () => {
      begun.clear();
      on.missed();
    },
  );
  return {
    async announce(hint) {
      await database.query(
        'select pg_notify($1, payload) from unnest($2::text[]) with ordinality as t(payload, n) order by n',
        [CHANNEL, encode(instanceId, hint)],
      );
    },
    close: stop,
  };
}

function encode(from: string, hint: ChangeHint): string[] {
  const payload = JSON.stringify({ from, ...hint } satisfies Payload);
  if (Buffer.byteLength(payload) <= PAYLOAD_LIMIT_BYTES || hint.kind !== 'weights') return [payload];
  const room = PAYLOAD_LIMIT_BYTES - bytesOf({ from, ...hint, contexts: [], more: true });
  const parts = cut(hint.contexts ?? [], room) ?? [null];
  return parts.map((contexts, index) => {
    const more = index < parts.length - 1;
    return JSON.stringify({ from, ...hint, contexts, ...(more && { more }) } satisfies Payload);
  });
}

/** In parts of so many bytes; null, for "unknown which", where one context alone takes more. */
function cut(contexts: readonly ContextRef[], room: number): ContextRef[][] | null {
  const parts: ContextRef[][] = [];
  let left = 0;
  for (const context of contexts) {
    const bytes = bytesOf(context) + 1;
    if (bytes > room) return null;
    if (bytes > left) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(context);
    left -= bytes;
  }
  return parts;
}

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));
