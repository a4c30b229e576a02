import { useState } from 'react';
import { Link, useSearch } from 'wouter';
import { useLiveQuery } from '../api/use-live-query.ts';
import type { Audience } from '../features/audience.ts';
import { RetrieverNamesDocument, type RetrieverNamesQuery } from '../gql/graphql.ts';
import { Page } from '../parts/page.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { AnswerCard } from './answer-card.tsx';
import { Results } from './results.tsx';
import { SearchForm } from './search-form.tsx';
import { usePlaygroundSearch } from './use-playground-search.ts';
import './playground.css';

type Retrievers = RetrieverNamesQuery['retrievers']['nodes'];

/** Searches as anybody, with every hit explained, and feedback whose effect can be watched. */
export default function PlaygroundPage() {
  const query = useLiveQuery(RetrieverNamesDocument, {});
  return (
    <Page
      title="Playground"
      lead="Search as anybody. What you do with a hit is real feedback: the retriever learns from it."
    >
      <Loaded what="the retrievers" query={query} height={12}>
        {({ retrievers: { nodes } }) =>
          nodes.length === 0 ? (
            <Empty title="Nothing to search yet">
              <p>
                Make a retriever first: the <Link href="/">overview</Link> says how.
              </p>
            </Empty>
          ) : (
            <Playground retrievers={nodes} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Playground({ retrievers }: { retrievers: Retrievers }) {
  const asked = new URLSearchParams(useSearch()).get('retriever');
  const [chosenId, setChosenId] = useState(asked);
  const retriever = retrievers.find(({ id }) => id === chosenId) ?? retrievers[0];
  const [audience, setAudience] = useState<Audience>({ kind: 'everyone' });
  const search = usePlaygroundSearch();
  if (retriever === undefined) return null;
  return (
    <>
      <SearchForm
        key={retriever.id}
        retriever={retriever}
        retrievers={retrievers}
        busy={search.busy}
        fault={search.fault}
        onRetriever={setChosenId}
        onAudience={setAudience}
        onSearch={(input) => void search.search(input)}
      />
      <AnswerCard
        retrieverId={retriever.id}
        audience={audience}
        executionId={search.found?.served.executionId ?? null}
      />
      {search.found === null ? (
        <Empty title="What would somebody look for?">
          <p>
            Type it above. Every hit shows what each feature added to its score, beside the ranking of the other fusion.
          </p>
        </Empty>
      ) : (
        <Results key={search.found.served.executionId} found={search.found} />
      )}
    </>
  );
}
