import { Link } from 'wouter';
import { useLiveQuery } from '../api/use-live-query.ts';
import { FeatureLabel } from '../features/feature-label.tsx';
import { AnalyticsDocument } from '../gql/graphql.ts';
import { count, percent } from '../parts/format.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { Tiles } from '../parts/tiles.tsx';
import { LatencyCard } from './latency-card.tsx';
import type { Performance } from './performance.ts';
import { PositionCard } from './position-card.tsx';
import { SegmentCard, SlowQueriesCard, ZeroResultsCard } from './query-tables.tsx';
import { TrafficCard } from './traffic-card.tsx';
import { UpliftCard } from './uplift-card.tsx';

const everyMs = 15_000;

export function Figures({ retrieverId, hours }: { retrieverId: string; hours: number }) {
  const query = useLiveQuery(AnalyticsDocument, { retrieverId, hours, segment: null }, { everyMs });
  return (
    <Loaded what="the figures" query={query} height={24}>
      {({ retrieverPerformance: found }) =>
        found.searches === 0 ? (
          <div className="card">
            <Empty title="No search in this time">
              <p>
                Search in the <Link href={`/playground?retriever=${retrieverId}`}>playground</Link>, send searches from
                your application, or choose a longer time.
              </p>
            </Empty>
          </div>
        ) : (
          <Known performance={found} hours={hours} />
        )
      }
    </Loaded>
  );
}

function Known({ performance, hours }: { performance: Performance; hours: number }) {
  const { searches, ctr, mrr, interactionRate, zeroResultRate, deadFeatures } = performance;
  return (
    <>
      <Tiles
        figures={[
          { name: 'Searches', value: count(searches) },
          { name: 'Click-through', value: percent(ctr), note: 'searches with a click' },
          { name: 'MRR', value: mrr.toFixed(3), note: '1 / rank of the best click' },
          { name: 'Interaction rate', value: percent(interactionRate), note: 'searches with any reward' },
          { name: 'Without a result', value: percent(zeroResultRate) },
        ]}
      />
      {deadFeatures.map(({ featureUri, reason }) => (
        <div key={featureUri} className="notice notice--warn">
          <FeatureLabel uri={featureUri} />
          {reason}
        </div>
      ))}
      <div className="columns">
        <PositionCard positions={performance.byPosition} />
        <LatencyCard latency={performance.latency} />
        <TrafficCard byTime={performance.byTime} hours={hours} />
        <UpliftCard performance={performance} />
      </div>
      <SegmentCard segments={performance.bySegment} />
      <div className="columns">
        <SlowQueriesCard queries={performance.slowQueries} />
        <ZeroResultsCard queries={performance.zeroResultQueries} />
      </div>
    </>
  );
}
