import { featureName } from '../features/feature-style.ts';
import type { RolloutLineFragment } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import type { Tone } from '../parts/tone.ts';
import { Card } from '../parts/card.tsx';
import { moment, sentence, words } from '../parts/format.ts';
import { Empty, Loaded } from '../parts/states.tsx';
import { useRolloutEvents } from './use-rollout-events.ts';

const tones: Partial<Record<RolloutLineFragment['kind'], Tone>> = {
  KILLED: 'danger',
  GUARDRAIL_ROLLED_BACK: 'danger',
  GUARDRAIL_HELD: 'warn',
  GUARDRAIL_WARNED: 'warn',
  RESUMED: 'good',
  GUARDRAIL_RECOVERED: 'good',
};

/** Who did what to the rollout, when and why; new lines come by themselves. */
export function AuditCard({ retrieverId, onNews }: { retrieverId: string; onNews: () => void }) {
  const { query, events } = useRolloutEvents(retrieverId, onNews);
  return (
    <Card title="Audit list" lead="Who changed what, newest first. It grows as things happen.">
      <Loaded what="the audit list" query={query} height={6}>
        {() =>
          events.length === 0 ? (
            <Empty title="Nothing has been changed">
              <p>A kill, a changed percentage or a guardrail that acted will stand here, with who did it and why.</p>
            </Empty>
          ) : (
            <ol className="audit" aria-live="polite">
              {events.map((event) => (
                <Line key={event.id} event={event} />
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}

function Line({ event: { kind, at, actor, reason, details } }: { event: RolloutLineFragment }) {
  const changes = inWords(details);
  return (
    <li className="audit__line">
      <time className="small muted" dateTime={at}>
        {moment(at)}
      </time>
      <div className="stack stack--tight">
        <div className="row">
          <Badge tone={tones[kind] ?? 'plain'}>{sentence(kind)}</Badge>
          {reason === null ? null : <span>{reason}</span>}
        </div>
        {changes === '' ? null : <span className="small">{changes}</span>}
        <span className="small muted">by {byWhom(actor)}</span>
      </div>
    </li>
  );
}

function byWhom(actor: string): string {
  return actor === 'guardrail' || actor === 'server' ? `the ${actor}` : `key ${actor.slice(0, 8)}…`;
}

/** `rollout pct 50, control pct 10` of `{ rolloutPct: 50, controlPct: 10 }` */
function inWords(details: unknown): string {
  if (typeof details !== 'object' || details === null) return '';
  return Object.entries(details)
    .map(([name, value]) => `${words(name.replaceAll(/([A-Z])/g, ' $1'))} ${valueInWords(value)}`)
    .join(', ');
}

function valueInWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueInWords).join(', ');
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000);
  if (typeof value === 'object' && value !== null) return `(${inWords(value)})`;
  return typeof value === 'string' ? featureName(value) : String(value);
}
