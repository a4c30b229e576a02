import type { ReactNode } from 'react';
import { levelWords } from '../features/convergence.ts';
import { FeatureLabel } from '../features/feature-label.tsx';
import type { Fusion } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { counted, milliseconds, words } from '../parts/format.ts';
import { Empty } from '../parts/states.tsx';
import { HitRow } from './hit-row.tsx';
import { movesBetween } from './moves.ts';
import type { Comparison, Hit, Served } from './use-playground-search.ts';
import { ReactionButtons } from './reaction-buttons.tsx';

/** What was served, and what the other fusion would have shown, with the ranks that moved between them. */
export function Results({ found: { served, other, otherFault } }: { found: Comparison }) {
  const otherIds = other?.hits.map(({ documentId }) => documentId) ?? [];
  const servedIds = served.hits.map(({ documentId }) => documentId);
  const moves = other === null ? null : movesBetween(otherIds, servedIds);
  const moved = [...(moves?.values() ?? [])].filter(({ kind }) => kind !== 'same').length;
  return (
    <>
      <Explanation served={served} moved={other === null ? null : moved} />
      <div className="columns results">
        <Card title={`Served: ${fusionWords(served.fusion)}`} lead={servedBecause(served)}>
          <HitList
            hits={served.hits}
            render={(hit, top) => (
              <HitRow hit={hit} top={top} move={moves?.get(hit.documentId) ?? null}>
                <ReactionButtons executionId={served.executionId} position={hit.position} />
              </HitRow>
            )}
          />
        </Card>
        <Card
          title={other === null ? 'The other fusion' : `Instead: ${fusionWords(other.fusion)}`}
          lead="A preview: shown to nobody, and learned from by nobody."
        >
          {other === null ? (
            <div className="notice notice--warn">{otherFault}</div>
          ) : (
            <HitList hits={other.hits} render={(hit, top) => <HitRow hit={hit} top={top} move={null} />} />
          )}
        </Card>
      </div>
    </>
  );
}

function fusionWords(fusion: Fusion): string {
  return fusion === 'LEARNED' ? 'learned fusion' : fusion;
}

function servedBecause({ contextLevel, rollout }: Served): string {
  const why = rollout === null ? '' : `${words(rollout.reason)}. `;
  const level = contextLevel === null ? '' : `Weights: ${(levelWords[contextLevel] ?? contextLevel).toLowerCase()}.`;
  const text = `${why}${level}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Explanation({ served, moved }: { served: Served; moved: number | null }) {
  const { hits, weights, warnings, timing } = served;
  const totalMs = (timing as { totalMs?: number }).totalMs;
  return (
    <div className="row row--apart">
      <ul className="legend small">
        {weights.map(({ featureUri }) => (
          <li key={featureUri}>
            <FeatureLabel uri={featureUri} />
          </li>
        ))}
      </ul>
      <p className="small muted" role="status">
        {counted(hits.length, 'hit', 'hits')}
        {totalMs === undefined ? '' : ` in ${milliseconds(totalMs)}`}
        {moved === null
          ? ''
          : moved === 0
            ? ', in the same order both ways'
            : `, ${moved} at other ranks than in the other list`}
        .
      </p>
      {warnings.map((warning) => (
        <Badge key={warning} tone="warn">
          {warning}
        </Badge>
      ))}
    </div>
  );
}

interface HitListProps {
  hits: readonly Hit[];
  /** @param top the highest score, for the length of bars */
  render: (hit: Hit, top: number) => ReactNode;
}

function HitList({ hits, render }: HitListProps) {
  const top = Math.max(...hits.map(({ score }) => score), Number.MIN_VALUE);
  if (hits.length === 0) {
    return (
      <Empty title="Nothing was found">
        <p>No feature found a document. Try other words, or look whether the collection has documents.</p>
      </Empty>
    );
  }
  return (
    <ol className="hits">
      {hits.map((hit) => (
        <li key={hit.documentId} className="hit">
          {render(hit, top)}
        </li>
      ))}
    </ol>
  );
}
