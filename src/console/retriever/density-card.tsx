import { lazy } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { FeatureLabel } from '../features/feature-label.tsx';
import { featureName } from '../features/feature-style.ts';
import type { LiveWeights } from '../features/use-live-weights.ts';
import { Card } from '../parts/card.tsx';
import { Loading } from '../parts/states.tsx';

const BetaDensities = lazy(() => import('../charts/beta-densities.tsx'));

/** How sure each feature's worth is: the posterior Beta(alpha, beta), which narrows with every click. */
export function DensityCard({ live: { now, first } }: { live: LiveWeights }) {
  return (
    <Card
      title="What is known of each feature"
      lead="How likely each worth of its hits is. Dashed: when you opened this page."
    >
      {now === null || first === null ? (
        <Loading what="the densities" height={16} />
      ) : (
        <ChartFrame
          label={`Densities of what the hits of each feature are worth: ${now.weights
            .map(
              ({ featureUri, mean, low, high }) =>
                `${featureName(featureUri)} ${mean.toFixed(3)}, between ${low.toFixed(3)} and ${high.toFixed(3)}`,
            )
            .join('; ')}.`}
          legend={now.weights.map(({ featureUri }) => (
            <FeatureLabel key={featureUri} uri={featureUri} />
          ))}
          columns={['Feature', 'alpha', 'beta', 'Mean', '2.5 %', '97.5 %']}
          rows={now.weights.map(({ featureUri, alpha, beta, mean, low, high }) => [
            featureName(featureUri),
            alpha.toFixed(1),
            beta.toFixed(1),
            mean.toFixed(3),
            low.toFixed(3),
            high.toFixed(3),
          ])}
        >
          <BetaDensities now={now.weights} first={first.weights} />
        </ChartFrame>
      )}
    </Card>
  );
}
