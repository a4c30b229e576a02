import { useState } from 'react';
import { counted } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { Loaded } from '../parts/states.tsx';
import { Attention } from './attention.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RetrieverCard } from './retriever-card.tsx';
import { TrafficTiles } from './traffic-tiles.tsx';
import type { Health, HealthById } from './use-retriever-health.ts';
import { useRetrievers } from './use-retrievers.ts';
import './overview.css';

/**
 * The retrievers at a glance: what each serves, how it does, what it learns, and what wants attention. Each asks for its
 * figures again and again, so those of a large server are not all shown at once.
 */
export default function OverviewPage() {
  const [pages, setPages] = useState(1);
  const { query, retrievers, hasMore } = useRetrievers(pages);
  const [health, setHealth] = useState<HealthById>({});
  const report = (id: string, known: Health) =>
    setHealth((before) => (before[id] === known ? before : { ...before, [id]: known }));
  return (
    <Page title="Overview" lead="The last 24 hours of each retriever, and the weights as they are now.">
      <Loaded what="the retrievers" query={query} height={16}>
        {() =>
          retrievers.length === 0 ? (
            <FirstSteps onLook={query.reload} />
          ) : (
            <>
              {!hasMore ? null : (
                <div className="notice">
                  <span>
                    These are the newest {counted(retrievers.length, 'retriever', 'retrievers')}, and the figures are of
                    them alone. There are more.
                  </span>
                  <div>
                    <button type="button" className="button button--small" onClick={() => setPages(pages + 1)}>
                      Show more
                    </button>
                  </div>
                </div>
              )}
              {/* of those that are there: a deleted one has figures still */}
              <TrafficTiles health={retrievers.flatMap(({ id }) => health[id] ?? [])} />
              <Attention retrievers={retrievers} health={health} />
              <div className="overview">
                {retrievers.map((retriever) => (
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
