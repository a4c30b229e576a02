import { lazy, useState } from 'react';
import { useLiveQuery } from '../api/use-live-query.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { audienceVariables, type Audience } from '../features/audience.ts';
import { FeatureLabel } from '../features/feature-label.tsx';
import { featureName } from '../features/feature-style.ts';
import type { LiveWeights } from '../features/use-live-weights.ts';
import { WeightSignalsDocument } from '../gql/graphql.ts';
import { Card } from '../parts/card.tsx';
import { Choice } from '../parts/choice.tsx';
import { moment, percent, timeOfDay } from '../parts/format.ts';
import { useNow } from '../parts/now.ts';
import { Empty, Loaded, Loading } from '../parts/states.tsx';
import { featuresOf, fromLive, fromSignals, type WeightPoint } from './weight-history.ts';

const WeightAreas = lazy(() => import('../charts/weight-areas.tsx'));

interface HistoryCardProps {
  retrieverId: string;
  audience: Audience;
  live: LiveWeights;
}

type Range = 'live' | '24' | '168';

const ranges: readonly { value: Range; label: string }[] = [
  { value: 'live', label: 'Live' },
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
];

/** How the weights came to be: since the page was opened, or from the log of searches. */
export function HistoryCard({ retrieverId, audience, live }: HistoryCardProps) {
  const [range, setRange] = useState<Range>('live');
  return (
    <Card
      title="Weights over time"
      lead={range === 'live' ? 'Since you opened this page.' : 'What searches were ranked by, hour by hour.'}
      tools={<Choice label="Time span" value={range} options={ranges} onChange={setRange} />}
    >
      {range !== 'live' ? (
        <Recorded retrieverId={retrieverId} audience={audience} hours={Number(range)} />
      ) : live.now === null ? (
        <Loading what="the weights" height={16} />
      ) : (
        <Live history={live.history} />
      )}
    </Card>
  );
}

/** The last state holds until now, so that time is seen to pass where nobody clicks. */
function Live({ history }: Pick<LiveWeights, 'history'>) {
  const now = useNow(1_000);
  const points = fromLive(history);
  const last = points.at(-1);
  return (
    <WeightChart points={last === undefined || last.at >= now ? points : [...points, { ...last, at: now }]} live />
  );
}

function Recorded({ retrieverId, audience, hours }: Omit<HistoryCardProps, 'live'> & { hours: number }) {
  const variables = { retrieverId, hours, ...audienceVariables(audience) };
  const query = useLiveQuery(WeightSignalsDocument, variables, { everyMs: 30_000 });
  return (
    <Loaded what="the history" query={query} height={16}>
      {({ retrieverSignals }) => {
        const points = fromSignals(retrieverSignals, audience);
        return points.length === 0 ? (
          <Empty title="No learned search in this time">
            <p>
              The log keeps what learned searches were ranked by. Run one in the playground, or choose a longer time.
            </p>
          </Empty>
        ) : (
          <WeightChart points={points} live={false} />
        );
      }}
    </Loaded>
  );
}

function WeightChart({ points, live }: { points: readonly WeightPoint[]; live: boolean }) {
  const features = featuresOf(points);
  const last = points.at(-1);
  const summary = features.map((uri) => `${featureName(uri)} ${percent(last?.weights[uri] ?? 0)}`).join(', ');
  return (
    <ChartFrame
      label={`Stacked areas of the weights over time. Last: ${summary}.`}
      legend={features.map((uri) => (
        <FeatureLabel key={uri} uri={uri} />
      ))}
      columns={['Time', ...features.map(featureName)]}
      rows={points
        .slice(-60)
        .toReversed()
        .map(({ at, weights }) => [
          live ? timeOfDay(at) : moment(at),
          ...features.map((uri) => percent(weights[uri] ?? 0)),
        ])}
    >
      <WeightAreas points={points} features={features} live={live} />
    </ChartFrame>
  );
}
