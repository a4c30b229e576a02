import { levelWords } from '../features/convergence.ts';
import { FeatureLabel } from '../features/feature-label.tsx';
import { featureColour } from '../features/feature-style.ts';
import type { LiveWeights } from '../features/use-live-weights.ts';
import type { WeightState } from '../features/weight-log.ts';
import { WeightBar } from '../features/weight-bar.tsx';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { counted, percent } from '../parts/format.ts';
import { Interval } from '../parts/interval.tsx';
import { Fault, Loading } from '../parts/states.tsx';

/** The weights as they are this moment, and what each feature has earned. */
export function NowCard({ live: { now, error } }: { live: LiveWeights }) {
  const lead =
    now === null
      ? 'What a search is ranked by on average.'
      : `From ${counted(now.interactions, 'interaction', 'interactions')}. Changes show here within moments of a click.`;
  return (
    <Card title="Weights now" lead={lead} tools={now === null ? null : <Level state={now} />}>
      {error !== null ? (
        <Fault what="the weights" error={error} />
      ) : now === null ? (
        <Loading what="the weights" height={10} />
      ) : (
        <>
          <WeightBar weights={now.weights} tall />
          <WeightTable state={now} />
        </>
      )}
    </Card>
  );
}

function Level({ state: { contextLevel } }: { state: WeightState }) {
  return <Badge tone={contextLevel === 'PRIOR' ? 'plain' : 'accent'}>{levelWords[contextLevel] ?? contextLevel}</Badge>;
}

function WeightTable({ state: { weights } }: { state: WeightState }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Weights as a table">
      <table className="table now-table">
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col" className="number">
              Weight
            </th>
            <th scope="col" className="number">
              Likely best
            </th>
            <th scope="col">Worth of its hits, 95 %</th>
            <th scope="col" className="number">
              Mean
            </th>
          </tr>
        </thead>
        <tbody>
          {weights.map(({ featureUri, weight, probabilityBest, mean, low, high }) => (
            <tr key={featureUri}>
              <th scope="row">
                <FeatureLabel uri={featureUri} />
              </th>
              <td className="number">
                <strong>{percent(weight)}</strong>
              </td>
              <td className="number">{percent(probabilityBest, 0)}</td>
              <td>
                <Interval low={low} value={mean} high={high} from={0} to={1} colour={featureColour(featureUri)} />
              </td>
              <td className="number">{mean.toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
