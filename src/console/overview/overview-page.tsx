import { useState } from 'react';
import { useLiveQuery } from '../api/use-live-query.ts';
import { OverviewDocument } from '../gql/graphql.ts';
import { Page } from '../parts/page.tsx';
import { Loaded } from '../parts/states.tsx';
import { Attention } from './attention.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RetrieverCard } from './retriever-card.tsx';
import { TrafficTiles } from './traffic-tiles.tsx';
import type { Health, HealthById } from './use-retriever-health.ts';
import './overview.css';

const everyMs = 5_000;

/** Every retriever at a glance: what it serves, how it does, what it learns, and what wants attention. */
export default function OverviewPage() {
  const query = useLiveQuery(OverviewDocument, {}, { everyMs });
  const [health, setHealth] = useState<HealthById>({});
  const report = (id: string, known: Health) =>
    setHealth((before) => (before[id] === known ? before : { ...before, [id]: known }));
  return (
    <Page title="Overview" lead="The last 24 hours of every retriever, and the weights as they are now.">
      <Loaded what="the retrievers" query={query} height={16}>
        {({ retrievers: { nodes } }) =>
          nodes.length === 0 ? (
            <FirstSteps onLook={query.reload} />
          ) : (
            <>
              <TrafficTiles health={Object.values(health)} />
              <Attention retrievers={nodes} health={health} />
              <div className="overview">
                {nodes.map((retriever) => (
                  <RetrieverCard key={retriever.id} retriever={retriever} onHealth={report} />
                ))}
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
