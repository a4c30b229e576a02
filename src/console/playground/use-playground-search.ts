import { useState } from 'react';
import type { Client } from 'urql';
import { useApi } from '../api/api.ts';
import { sentenceOf } from '../api/outcome.ts';
import {
  PreviewSearchDocument,
  RunSearchDocument,
  StaticFusionOfDocument,
  type Fusion,
  type PlaygroundHitFragment,
  type RunSearchQuery,
  type SearchInput,
} from '../gql/graphql.ts';

export type Hit = PlaygroundHitFragment;
export type Served = RunSearchQuery['search'];

/** A search as it was served, and what the other fusion would have shown. */
export interface Comparison {
  served: Served;
  other: { fusion: Fusion; hits: readonly Hit[] } | null;
  /** Why there is no other one. */
  otherFault: string | null;
}

export interface PlaygroundSearch {
  found: Comparison | null;
  fault: string | null;
  busy: boolean;
  search(input: SearchInput): Promise<void>;
}

/** Runs searches, each beside its counterpart: static where learned fusion served, learned where a static one did. */
export function usePlaygroundSearch(): PlaygroundSearch {
  const { client } = useApi();
  const [found, setFound] = useState<Comparison | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  return {
    found,
    fault,
    busy,
    async search(input) {
      setBusy(true);
      const { data, error } = await client.query(RunSearchDocument, { input }, always).toPromise();
      const comparison = !data ? null : await besideTheOther(client, input, data.search);
      setBusy(false);
      setFault(comparison === null ? sentenceOf(error) : null);
      setFound(comparison);
    },
  };
}

/** Every search is a new one, whatever was asked before. */
const always = { requestPolicy: 'network-only' } as const;

async function besideTheOther(client: Client, input: SearchInput, served: Served): Promise<Comparison> {
  const fusion: Fusion = served.fusion === 'LEARNED' ? await staticFusionOf(client, input.retrieverId) : 'LEARNED';
  const { data, error } = await client.query(PreviewSearchDocument, { input, fusion }, always).toPromise();
  if (!data) return { served, other: null, otherFault: sentenceOf(error) };
  return { served, other: data.previewSearch, otherFault: null };
}

async function staticFusionOf(client: Client, retrieverId: string): Promise<Fusion> {
  const { data } = await client.query(StaticFusionOfDocument, { retrieverId }).toPromise();
  return data?.retriever?.rollout.staticFusion ?? 'RRF';
}
