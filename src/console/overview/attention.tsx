import { Link } from 'wouter';
import { featureName } from '../features/feature-style.ts';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { mattersOf } from './matters.ts';
import type { HealthById, OverviewRetriever } from './use-retriever-health.ts';

/** What somebody should look at: switched off, held back, breached, or without effect. */
export function Attention({ retrievers, health }: { retrievers: readonly OverviewRetriever[]; health: HealthById }) {
  const matters = retrievers.flatMap(({ id, retrieverName, rollout }) => {
    const dead = health[id]?.deadFeatures ?? [];
    const withoutEffect = dead.map(({ featureUri, reason }) => ({ name: featureName(featureUri), reason }));
    return mattersOf(rollout, withoutEffect).map((matter) => ({ id, name: retrieverName, ...matter }));
  });
  if (matters.length === 0) return null;
  return (
    <Card title="Needs attention">
      <ul className="matters">
        {matters.map(({ id, name, tone, word, text }) => (
          <li key={`${id} ${word} ${text}`} className="matter">
            <Badge tone={tone}>{word}</Badge>
            <Link href={`/retrievers/${id}`}>{name}</Link>
            <span className="muted">{text}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
