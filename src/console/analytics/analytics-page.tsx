import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { useLiveQuery } from '../api/use-live-query.ts';
import { RetrieverNamesDocument } from '../gql/graphql.ts';
import { Choice } from '../parts/choice.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { Figures } from './figures.tsx';
import './analytics.css';

type Hours = '24' | '168' | '720';

const spans: readonly { value: Hours; label: string }[] = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
];

/** What came of a retriever's searches. */
export default function AnalyticsPage() {
  const query = useLiveQuery(RetrieverNamesDocument, {});
  const asked = new URLSearchParams(useSearch()).get('retriever');
  const [chosenId, setChosenId] = useState(asked);
  const [hours, setHours] = useState<Hours>('24');
  const retrievers = query.data?.retrievers.nodes ?? [];
  const retriever = retrievers.find(({ id }) => id === chosenId) ?? retrievers[0];
  return (
    <Page
      title="Analytics"
      lead="What came of searches, by when they were made."
      tools={
        <div className="row">
          {retrievers.length < 2 ? null : (
            <select
              className="input analytics__retriever"
              aria-label="Retriever"
              value={retriever?.id}
              onChange={(event) => setChosenId(event.target.value)}
            >
              {retrievers.map(({ id, retrieverName }) => (
                <option key={id} value={id}>
                  {retrieverName}
                </option>
              ))}
            </select>
          )}
          <Choice label="Time span" value={hours} options={spans} onChange={setHours} />
        </div>
      }
    >
      <Loaded what="the retrievers" query={query} height={16}>
        {() =>
          retriever === undefined ? (
            <Empty title="Nothing to measure yet">
              <p>
                Make a retriever first: the <Link href="/">overview</Link> says how.
              </p>
            </Empty>
          ) : (
            <Figures key={`${retriever.id} ${hours}`} retrieverId={retriever.id} hours={Number(hours)} />
          )
        }
      </Loaded>
    </Page>
  );
}
