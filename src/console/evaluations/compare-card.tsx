import { useState } from 'react';
import { useLiveQuery } from '../api/use-live-query.ts';
import { ComparisonDocument, type EvaluationMetric } from '../gql/graphql.ts';
import { Card } from '../parts/card.tsx';
import { moment } from '../parts/format.ts';
import { Select } from '../parts/select.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { ComparisonView } from './comparison-view.tsx';
import { metricNames } from './metric-names.ts';
import { runName, type Names, type Run } from './run-names.ts';

const metrics: readonly EvaluationMetric[] = ['NDCG', 'MRR', 'MAP', 'PRECISION', 'RECALL', 'F1'];

/** Compares two runs of the same dataset: the two newest, unless others are chosen. */
export function CompareCard({ runs, names }: { runs: readonly Run[]; names: Names }) {
  const [baselineId, setBaselineId] = useState<string | null>(null);
  const [candidateId, setCandidateId] = useState<string | null>(null);
  const [metric, setMetric] = useState<EvaluationMetric>('NDCG');
  const completed = runs.filter(({ status }) => status === 'COMPLETED');
  const candidate = completed.find(({ id }) => id === candidateId) ?? newestWithPartner(completed);
  const partners = candidate === undefined ? [] : completed.filter((run) => isComparable(run, candidate));
  const baseline = partners.find(({ id }) => id === baselineId) ?? partners[0];
  const option = (run: Run) => ({ value: run.id, label: `${runName(run, names)} (${moment(run.createdAt)})` });
  return (
    <Card title="Compare two" lead="The same queries, paired. The verdict may be that no difference is shown.">
      {candidate === undefined || baseline === undefined ? (
        <Empty title="Two runs of the same dataset are needed">
          <p>Run a retriever once with its own fusion and once as RRF, say. What they differ in is then told here.</p>
        </Empty>
      ) : (
        <>
          <div className="compare-choice">
            <Select label="Candidate" value={candidate.id} options={completed.map(option)} onChange={setCandidateId} />
            <Select label="Baseline" value={baseline.id} options={partners.map(option)} onChange={setBaselineId} />
            <Select
              label="By"
              value={metric}
              options={metrics.map((value) => ({ value, label: metricNames[value] }))}
              onChange={(value) => setMetric(value as EvaluationMetric)}
            />
          </div>
          <Comparison baselineId={baseline.id} candidateId={candidate.id} metric={metric} />
        </>
      )}
    </Card>
  );
}

function isComparable(one: Run, other: Run): boolean {
  return one.id !== other.id && one.datasetId === other.datasetId && one.datasetVersion === other.datasetVersion;
}

function newestWithPartner(runs: readonly Run[]): Run | undefined {
  return runs.find((run) => runs.some((other) => isComparable(run, other)));
}

interface ComparisonProps {
  baselineId: string;
  candidateId: string;
  metric: EvaluationMetric;
}

function Comparison({ baselineId, candidateId, metric }: ComparisonProps) {
  const query = useLiveQuery(ComparisonDocument, { baselineId, candidateId, metric, k: null });
  return (
    <Loaded what="the comparison" query={query} height={12}>
      {({ compareEvaluations }) => <ComparisonView comparison={compareEvaluations} metric={metric} />}
    </Loaded>
  );
}
