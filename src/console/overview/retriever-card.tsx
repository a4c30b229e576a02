import { useEffect } from 'react';
import { Link } from 'wouter';
import { useEveryStep } from '../charts/use-every-step.ts';
import { explanationOf, stateWords } from '../features/convergence.ts';
import { fusionOf } from '../features/fusion-of.ts';
import { rolloutInWords } from '../features/rollout-state.ts';
import { useLiveWeights } from '../features/use-live-weights.ts';
import { WeightBar, WeightLegend } from '../features/weight-bar.tsx';
import { Badge } from '../parts/badge.tsx';
import { count, milliseconds, percent } from '../parts/format.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { Fault, Loading } from '../parts/states.tsx';
import {
  healthHours,
  totalP95,
  useRetrieverHealth,
  type Health,
  type OverviewRetriever,
} from './use-retriever-health.ts';

interface RetrieverCardProps {
  retriever: OverviewRetriever;
  /** Called with its figures whenever they are read, for the totals of the page. */
  onHealth: (id: string, health: Health) => void;
}

export function RetrieverCard({ retriever, onHealth }: RetrieverCardProps) {
  const { id, retrieverName, version, rollout } = retriever;
  const health = useRetrieverHealth(id);
  const known = health.data?.retrieverPerformance;
  useEffect(() => {
    if (known !== undefined) onHealth(id, known);
  }, [id, known]);
  const state = rolloutInWords(rollout, fusionOf(retriever));
  return (
    <article className="card retriever-card">
      <div className="card__head">
        <h2>
          <Link href={`/retrievers/${id}`}>{retrieverName}</Link> <span className="muted small">version {version}</span>
        </h2>
        <Badge tone={state.tone}>{state.word}</Badge>
      </div>
      <p className="small muted">{state.text}</p>
      <NowWeights retrieverId={id} />
      {health.error !== undefined && known === undefined ? (
        <Fault what="its figures" error={health.error} onRetry={health.reload} />
      ) : known === undefined ? (
        <Loading what="its figures" height={3} />
      ) : (
        <HealthLine health={known} />
      )}
    </article>
  );
}

function NowWeights({ retrieverId }: { retrieverId: string }) {
  const { now, error } = useLiveWeights(retrieverId, { kind: 'everyone' });
  if (error !== null) return <Fault what="its weights" error={error} />;
  if (now === null) return <Loading what="its weights" height={2.5} />;
  return (
    <div className="stack stack--tight">
      <WeightBar weights={now.weights} />
      <WeightLegend weights={now.weights} />
    </div>
  );
}

function HealthLine({ health }: { health: Health }) {
  const { searches, ctr, byTime, convergence } = health;
  const overall = convergence.find(({ contextLevel }) => contextLevel === 'GLOBAL') ?? convergence[0];
  const state = overall === undefined ? undefined : stateWords[overall.state];
  const p95 = totalP95(health);
  const hourly = useEveryStep(byTime, healthHours);
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Searches</dt>
          <dd>{count(searches)}</dd>
        </div>
        <div>
          <dt>Click-through</dt>
          <dd>{searches === 0 ? '–' : percent(ctr)}</dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd>{p95 === null ? '–' : milliseconds(p95)}</dd>
        </div>
        <Sparkline label="Searches an hour" values={hourly.map((point) => point.searches)} />
      </dl>
      {state === undefined || overall === undefined ? null : (
        <p className="small">
          <Badge tone={state.tone}>{state.word}</Badge> <span className="muted">{explanationOf(overall)}</span>
        </p>
      )}
    </>
  );
}
