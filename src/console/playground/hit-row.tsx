import type { ReactNode } from 'react';
import { featureColour, featureName } from '../features/feature-style.ts';
import { FigureTable } from '../parts/figure-table.tsx';
import { Icon } from '../parts/icon.tsx';
import type { Move } from './moves.ts';
import type { Hit } from './use-playground-search.ts';

interface HitRowProps {
  hit: Hit;
  /** The highest score of the list. */
  top: number;
  /** Where it stood in the other list; null where that is not told. */
  move: Move | null;
  children?: ReactNode;
}

/** A hit, and what each feature added to its score. */
export function HitRow({ hit, top, move, children }: HitRowProps) {
  return (
    <>
      <div className="hit__rank">
        <span>{hit.position + 1}</span>
        {move === null ? null : <MoveMark move={move} />}
      </div>
      <div className="hit__body">
        <div className="hit__what">
          <HitPicture hit={hit} />
          <div>
            <h3>{titleOf(hit)}</h3>
            {hit.content === null ? null : <p className="hit__text small muted">{hit.content}</p>}
          </div>
        </div>
        <Contributions hit={hit} top={top} />
        {children}
      </div>
    </>
  );
}

/** What the document brings along as `image`; the title says the same to readers. */
function HitPicture({ hit: { metadata } }: { hit: Hit }) {
  const { image } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof image !== 'string' || !image.startsWith('data:image/')) return null;
  return <img className="hit__picture" src={image} alt="" width={56} height={56} loading="lazy" />;
}

function titleOf({ metadata, documentId }: Hit): string {
  const { title, name } = (metadata ?? {}) as Record<string, unknown>;
  return typeof title === 'string' ? title : typeof name === 'string' ? name : documentId;
}

function MoveMark({ move }: { move: Move }) {
  switch (move.kind) {
    case 'same':
      return (
        <span className="move" title="At the same rank in both lists">
          =<span className="for-readers">same rank in both lists</span>
        </span>
      );
    case 'new':
      return (
        <span className="move move--up" title="Not in the other list">
          new<span className="for-readers">, not in the other list</span>
        </span>
      );
    case 'up':
    case 'down':
      return (
        <span className={`move move--${move.kind}`} title={`${move.by} ${move.kind} from the other list`}>
          <Icon name={move.kind} size={12} />
          {move.by}
          <span className="for-readers"> ranks {move.kind === 'up' ? 'higher' : 'lower'} than in the other list</span>
        </span>
      );
  }
}

function Contributions({ hit: { features, score }, top }: { hit: Hit; top: number }) {
  const inWords = features.map(
    ({ featureUri, contribution }) => `${featureName(featureUri)} ${contribution.toFixed(3)}`,
  );
  return (
    <details className="why">
      <summary>
        <span className="why__bar" role="img" aria-label={`Score ${score.toFixed(3)}: ${inWords.join(', ')}`}>
          {features.map(({ featureUri, contribution }) => (
            <span
              key={featureUri}
              style={{ width: `${(Math.max(contribution, 0) / top) * 100}%`, background: featureColour(featureUri) }}
            />
          ))}
        </span>
        <span className="small">{score.toFixed(3)}</span>
      </summary>
      <FigureTable
        label="Why it stands here"
        columns={['Feature', 'Rank', 'Normalised', 'Weight', 'Added']}
        rows={features.map(({ featureUri, rank, normalizedScore, weight, contribution }) => ({
          key: featureUri,
          cells: [
            featureName(featureUri),
            rank === null ? 'not found' : String(rank),
            normalizedScore.toFixed(3),
            weight.toFixed(3),
            contribution.toFixed(3),
          ],
        }))}
      />
    </details>
  );
}
