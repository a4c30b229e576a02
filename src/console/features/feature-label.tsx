import { featureColour, featureName } from './feature-style.ts';

/** A feature's colour and name; the whole URI on pointing at it. */
export function FeatureLabel({ uri }: { uri: string }) {
  return (
    <span className="feature" title={uri}>
      <span className="feature__swatch" style={{ background: featureColour(uri) }} />
      {featureName(uri)}
    </span>
  );
}
