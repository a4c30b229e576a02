import { percent } from '../parts/format.ts';
import { featureColour, featureName } from './feature-style.ts';
import { FeatureLabel } from './feature-label.tsx';

export interface Weight {
  featureUri: string;
  weight: number;
}

/** Weights as parts of one bar; what it shows is also read out. */
export function WeightBar({ weights, tall = false }: { weights: readonly Weight[]; tall?: boolean }) {
  const inWords = weights.map(({ featureUri, weight }) => `${featureName(featureUri)} ${percent(weight)}`).join(', ');
  return (
    <div className={tall ? 'weights weights--tall' : 'weights'} role="img" aria-label={`Weights: ${inWords}`}>
      {weights.map(({ featureUri, weight }) => (
        <div
          key={featureUri}
          className="weights__part"
          style={{ flexGrow: weight, flexBasis: 0, background: featureColour(featureUri) }}
        />
      ))}
    </div>
  );
}

export function WeightLegend({ weights }: { weights: readonly Weight[] }) {
  return (
    <ul className="legend small">
      {weights.map(({ featureUri, weight }) => (
        <li key={featureUri} className="row">
          <FeatureLabel uri={featureUri} />
          <strong>{percent(weight)}</strong>
        </li>
      ))}
    </ul>
  );
}
