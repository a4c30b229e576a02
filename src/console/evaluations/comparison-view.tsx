import type { ComparisonQuery, EvaluationMetric, EvaluationVerdict } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import type { Tone } from '../parts/tone.ts';
import { counted, signed } from '../parts/format.ts';
import { FigureTable } from '../parts/figure-table.tsx';
import { Interval } from '../parts/interval.tsx';
import { metricNames } from './metric-names.ts';

type Comparison = ComparisonQuery['compareEvaluations'];

const verdicts: Record<EvaluationVerdict, { word: string; tone: Tone }> = {
  BETTER: { word: 'The candidate is better', tone: 'good' },
  WORSE: { word: 'The candidate is worse', tone: 'danger' },
  NO_DIFFERENCE_SHOWN: { word: 'No difference shown', tone: 'plain' },
};

/** The verdict, how sure it is, and where it comes from. */
export function ComparisonView({ comparison, metric }: { comparison: Comparison; metric: EvaluationMetric }) {
  const { word, tone } = verdicts[comparison.verdict];
  return (
    <>
      <div className="stack stack--tight">
        <div>
          <Badge tone={tone}>{word}</Badge>
        </div>
        <p>{comparison.summary}</p>
      </div>
      <div className="compare-figures">
        <DifferencePlot comparison={comparison} metric={metric} />
        <WinsAndLosses comparison={comparison} />
      </div>
      <div className="compare-tables">
        <MetricTable comparison={comparison} />
        <ChangedMost comparison={comparison} />
      </div>
    </>
  );
}

function DifferencePlot({ comparison, metric }: { comparison: Comparison; metric: EvaluationMetric }) {
  const { k, difference, low, high, baselineMean, candidateMean } = comparison;
  const reach = Math.max(Math.abs(low), Math.abs(high), 0.01) * 1.25;
  return (
    <div className="stack stack--tight">
      <h3>
        Difference in {metricNames[metric]}@{k}
      </h3>
      <Interval
        low={low}
        value={difference}
        high={high}
        from={-reach}
        to={reach}
        mark={0}
        colour="var(--accent)"
        digits={4}
      />
      <div className="row row--apart small muted">
        <span>worse</span>
        <span>
          <strong className="ink">{signed(difference, 4)}</strong>, 95 % between {signed(low, 4)} and {signed(high, 4)}
        </span>
        <span>better</span>
      </div>
      <p className="small muted">
        {candidateMean.toFixed(4)} against {baselineMean.toFixed(4)}
      </p>
    </div>
  );
}

function WinsAndLosses({ comparison: { wins, ties, losses, observations } }: { comparison: Comparison }) {
  const parts = [
    { word: 'better', count: wins, colour: 'var(--good)' },
    { word: 'equal', count: ties, colour: 'var(--line)' },
    { word: 'worse', count: losses, colour: 'var(--danger)' },
  ];
  return (
    <div className="stack stack--tight">
      <h3>Of {counted(observations, 'query', 'queries')}</h3>
      <div className="weights" role="img" aria-label={parts.map(({ word, count }) => `${count} ${word}`).join(', ')}>
        {parts
          .filter(({ count }) => count > 0)
          .map(({ word, count, colour }) => (
            <div key={word} className="weights__part" style={{ flexGrow: count, flexBasis: 0, background: colour }} />
          ))}
      </div>
      <div className="row row--apart small">
        {parts.map(({ word, count }) => (
          <span key={word}>
            <strong>{count}</strong> <span className="muted">{word}</span>
          </span>
        ))}
      </div>
    </div>
  );
}

function MetricTable({ comparison: { metrics, k } }: { comparison: Comparison }) {
  const rows = metrics.filter((row) => row.k === k);
  return (
    <div className="stack stack--tight">
      <h3>Every metric, by the first {k}</h3>
      <FigureTable
        label="Every metric"
        columns={['Metric', 'Baseline', 'Candidate', 'Difference']}
        rows={rows.map(({ metric, baseline, candidate, difference }) => ({
          key: metric,
          cells: [metricNames[metric], baseline.toFixed(3), candidate.toFixed(3), signed(difference, 3)],
        }))}
      />
    </div>
  );
}

function ChangedMost({ comparison: { changedMost } }: { comparison: Comparison }) {
  return (
    <div className="stack stack--tight">
      <h3>Queries that changed most</h3>
      {changedMost.length === 0 ? (
        <p className="small muted">Every query is worth the same either way.</p>
      ) : (
        <FigureTable
          label="Queries that changed most"
          columns={['Query', 'From', 'To', 'Difference']}
          rows={changedMost.map(({ queryId, inputs, baseline, candidate, difference }) => ({
            key: queryId,
            cells: [queryText(inputs) ?? queryId, baseline.toFixed(3), candidate.toFixed(3), signed(difference, 3)],
          }))}
        />
      )}
    </div>
  );
}

function queryText(inputs: unknown): string | null {
  if (typeof inputs !== 'object' || inputs === null) return null;
  const { query } = inputs as Record<string, unknown>;
  return typeof query === 'string' ? query : JSON.stringify(inputs);
}
