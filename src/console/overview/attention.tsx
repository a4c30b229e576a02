import { Link } from 'wouter';
import { featureName } from '../features/feature-style.ts';
import { Badge } from '../parts/badge.tsx';
import type { Tone } from '../parts/tone.ts';
import { Card } from '../parts/card.tsx';
import { moment, words } from '../parts/format.ts';
import type { HealthById, OverviewRetriever } from './use-retriever-health.ts';

interface Matter {
  id: string;
  name: string;
  tone: Tone;
  word: string;
  text: string;
}

/** What somebody should look at: switched off, held back, breached, or without effect. */
export function Attention({ retrievers, health }: { retrievers: readonly OverviewRetriever[]; health: HealthById }) {
  const matters = retrievers.flatMap((retriever) => mattersOf(retriever, health));
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

function mattersOf({ id, retrieverName: name, rollout }: OverviewRetriever, health: HealthById): Matter[] {
  const { killed, held, shadowMode, guardrails } = rollout;
  const matters: Matter[] = [];
  const add = (tone: Tone, word: string, text: string) => matters.push({ id, name, tone, word, text });
  if (killed !== null) add('danger', 'Killed', `since ${moment(killed.at)}: ${killed.reason ?? 'no reason was given'}`);
  if (shadowMode) add('accent', 'Shadow', 'learned fusion runs along, and nobody is served it');
  if (held) add('warn', 'Held', 'a guardrail forbids raising the percentage');
  for (const { metric, threshold, breached } of guardrails) {
    if (breached) add('warn', 'Guardrail', `${words(metric)} is beyond ${threshold}`);
  }
  for (const { featureUri, reason } of health[id]?.deadFeatures ?? []) {
    add('warn', 'No effect', `${featureName(featureUri)}: ${reason}`);
  }
  return matters;
}
