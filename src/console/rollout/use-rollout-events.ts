import { useState } from 'react';
import { useEvents } from '../api/use-events.ts';
import { useLiveQuery, type LiveQuery } from '../api/use-live-query.ts';
import {
  RolloutAuditDocument,
  RolloutNewsDocument,
  type RolloutAuditQuery,
  type RolloutLineFragment,
} from '../gql/graphql.ts';

const kept = 100;

/** The audit list, newest first, and what happens from now on. @param onNews something was changed, here or elsewhere */
export function useRolloutEvents(
  retrieverId: string,
  onNews: () => void,
): { query: LiveQuery<RolloutAuditQuery>; events: readonly RolloutLineFragment[] } {
  const query = useLiveQuery(RolloutAuditDocument, { retrieverId });
  const [news, setNews] = useState<readonly RolloutLineFragment[]>([]);
  const listed = query.data?.rolloutEvents.nodes;
  // From the newest listed one on; a line that comes twice, as after a lost connection, counts once.
  const [after, setAfter] = useState<string | null | undefined>(undefined);
  if (listed !== undefined && after === undefined) setAfter(listed[0]?.id ?? null);
  useEvents(
    RolloutNewsDocument,
    { retrieverId, after: after ?? null },
    ({ rolloutEvents }) => {
      setNews((before) => [rolloutEvents, ...before].slice(0, kept));
      onNews();
    },
    { pause: after === undefined },
  );
  const byId = new Map([...news, ...(listed ?? [])].map((event) => [event.id, event]));
  const events = [...byId.values()].toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return { query, events };
}
