import type { LiveQuery } from '../api/use-live-query.ts';
import { explanationOf, levelWords, stateWords } from '../features/convergence.ts';
import type { RetrieverVerdictQuery } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

/** Whether the weights have settled, in words, for each level. */
export function VerdictCard({ query }: { query: LiveQuery<RetrieverVerdictQuery> }) {
  return (
    <Card title="Does it settle?" lead="Judged from the searches of the last 7 days.">
      <Loaded what="the verdict" query={query} height={5}>
        {({ retrieverPerformance: { convergence } }) =>
          convergence.length === 0 ? (
            <Empty title="Too early to tell">
              <p>
                No learned search has been logged yet. Search in the playground and click a few hits, or let simulated
                shoppers do it: <code>npm start -- --shoppers</code>.
              </p>
            </Empty>
          ) : (
            <ul className="verdicts">
              {convergence.map(({ contextLevel, state, segmentsDiffer, text }) => (
                <li key={contextLevel} className="verdict">
                  <h3>{levelWords[contextLevel] ?? contextLevel}</h3>
                  <div className="row">
                    <Badge tone={stateWords[state]?.tone ?? 'plain'}>{stateWords[state]?.word ?? state}</Badge>
                    {segmentsDiffer ? <Badge tone="accent">Segments differ</Badge> : null}
                  </div>
                  <p className="small muted">{explanationOf({ state, text })}</p>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
