import { useState } from 'react';
import { levelWords } from '../features/convergence.ts';
import type { Audience } from '../features/audience.ts';
import { FeatureLabel } from '../features/feature-label.tsx';
import { featureName } from '../features/feature-style.ts';
import { useLiveWeights } from '../features/use-live-weights.ts';
import type { WeightState } from '../features/weight-log.ts';
import { WeightBar } from '../features/weight-bar.tsx';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { counted, percent, points } from '../parts/format.ts';
import { Fault, Loading } from '../parts/states.tsx';

interface AnswerCardProps {
  retrieverId: string;
  audience: Audience;
  /** The last search: what changed is told since then. */
  executionId: string | null;
}

const whose: Record<Audience['kind'], (audience: Audience) => string> = {
  everyone: () => 'everyone',
  segment: (audience) => (audience.kind === 'segment' ? audience.segment : ''),
  user: (audience) => (audience.kind === 'user' ? audience.userId : ''),
};

/** The weights of who searches, as they answer to what is done with the hits. */
export function AnswerCard({ retrieverId, audience, executionId }: AnswerCardProps) {
  const { now, error } = useLiveWeights(retrieverId, audience);
  const since = useStateAtSearch(now, `${executionId ?? ''} ${JSON.stringify(audience)}`);
  return (
    <Card
      title={`Weights for ${whose[audience.kind](audience)}`}
      lead={
        executionId === null ? 'They answer to clicks within moments.' : 'The differences are since your last search.'
      }
      tools={
        now === null ? null : (
          <span className="row small muted">
            {counted(now.interactions, 'interaction', 'interactions')}
            <Badge tone={now.contextLevel === 'PRIOR' ? 'plain' : 'accent'}>{levelWords[now.contextLevel]}</Badge>
          </span>
        )
      }
    >
      {error !== null ? (
        <Fault what="the weights" error={error} />
      ) : now === null ? (
        <Loading what="the weights" height={3.5} />
      ) : (
        <>
          <WeightBar weights={now.weights} tall />
          <Differences now={now} since={since ?? now} />
        </>
      )}
    </Card>
  );
}

/** The first state that was seen since `key` changed. */
function useStateAtSearch(now: WeightState | null, key: string): WeightState | null {
  const [known, setKnown] = useState<{ key: string; state: WeightState | null }>({ key, state: now });
  if (known.key !== key || (known.state === null && now !== null)) setKnown({ key, state: now });
  return known.key === key ? known.state : now;
}

function Differences({ now, since }: { now: WeightState; since: WeightState }) {
  const before = new Map(since.weights.map(({ featureUri, weight }) => [featureUri, weight]));
  const differences = now.weights.map(({ featureUri, weight }) => {
    return { featureUri, weight, difference: weight - (before.get(featureUri) ?? weight) };
  });
  const moved = differences.filter(({ difference }) => Math.abs(difference) >= 0.0005);
  return (
    <>
      <ul className="legend">
        {differences.map(({ featureUri, weight, difference }) => (
          <li key={featureUri} className="row">
            <FeatureLabel uri={featureUri} />
            <strong>{percent(weight)}</strong>
            {now.version === since.version ? null : <span className="small muted">{points(difference)}</span>}
          </li>
        ))}
      </ul>
      <span className="for-readers" role="status">
        {moved.map(({ featureUri, weight }) => `${featureName(featureUri)} is now ${percent(weight)}.`).join(' ')}
      </span>
    </>
  );
}
