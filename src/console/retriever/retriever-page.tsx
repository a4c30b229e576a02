import { useState } from 'react';
import { Link } from 'wouter';
import { useLiveQuery } from '../api/use-live-query.ts';
import type { Audience } from '../features/audience.ts';
import { fusionOf } from '../features/fusion-of.ts';
import { namedSegments } from '../features/named-segments.ts';
import { rolloutInWords } from '../features/rollout-state.ts';
import { useLiveWeights } from '../features/use-live-weights.ts';
import { RetrieverDocument, RetrieverVerdictDocument, type RetrieverQuery } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { AuditCard } from '../rollout/audit-card.tsx';
import { KillSwitch } from '../rollout/kill-switch.tsx';
import { PersonCard } from '../rollout/person-card.tsx';
import { RolloutCard } from '../rollout/rollout-card.tsx';
import '../rollout/rollout.css';
import { AudiencePicker } from './audience-picker.tsx';
import { DensityCard } from './density-card.tsx';
import { HistoryCard } from './history-card.tsx';
import { NowCard } from './now-card.tsx';
import { VerdictCard } from './verdict-card.tsx';
import './retriever.css';

const everyMs = 15_000;

/** One retriever: what it has learned and learns, and how far that is let loose. */
export default function RetrieverPage({ retrieverId }: { retrieverId: string }) {
  const query = useLiveQuery(RetrieverDocument, { retrieverId }, { everyMs });
  const retriever = query.data?.retriever;
  const state = retriever ? rolloutInWords(retriever.rollout, fusionOf(retriever)) : null;
  return (
    <Page
      title={retriever?.retrieverName ?? 'Retriever'}
      lead={
        state === null ? undefined : (
          <span className="row">
            <Badge tone={state.tone}>{state.word}</Badge> {state.text}
          </span>
        )
      }
      tools={
        retriever ? (
          <div className="row">
            <Link href={`/playground?retriever=${retrieverId}`} className="button">
              Try it
            </Link>
            {servesLearned(retriever) ? (
              <KillSwitch name={retriever.retrieverName} fusion={fusionOf(retriever)} rollout={retriever.rollout} />
            ) : null}
          </div>
        ) : null
      }
    >
      <Loaded what="the retriever" query={query} height={20}>
        {({ retriever: found }) =>
          found === null || found === undefined ? (
            <Empty title="No such retriever">
              <p>
                It may have been deleted, or belong to another namespace. Choose one at the left, or in the overview.
              </p>
            </Empty>
          ) : (
            <>
              <Learning retrieverId={retrieverId} />
              <div className="columns">
                <RolloutCard name={found.retrieverName} rollout={found.rollout} />
                <div className="stack stack--wide">
                  <PersonCard retrieverId={retrieverId} />
                  <AuditCard retrieverId={retrieverId} onNews={query.reload} />
                </div>
              </div>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

/** A static fusion has nothing to kill, unless learned fusion runs along with it. */
function servesLearned(retriever: NonNullable<RetrieverQuery['retriever']>): boolean {
  const { killed, shadowMode } = retriever.rollout;
  return fusionOf(retriever) === 'LEARNED' || killed !== null || shadowMode;
}

/** What has been learned, for one audience at a time. */
function Learning({ retrieverId }: { retrieverId: string }) {
  const [audience, setAudience] = useState<Audience>({ kind: 'everyone' });
  const verdict = useLiveQuery(RetrieverVerdictDocument, { retrieverId }, { everyMs });
  const live = useLiveWeights(retrieverId, audience);
  const segments = namedSegments(verdict.data?.retrieverPerformance);
  return (
    <>
      <AudiencePicker audience={audience} segments={segments} onChange={setAudience} />
      <NowCard live={live} />
      <div className="columns">
        <HistoryCard retrieverId={retrieverId} audience={audience} live={live} />
        <DensityCard live={live} />
      </div>
      <VerdictCard query={verdict} />
    </>
  );
}
