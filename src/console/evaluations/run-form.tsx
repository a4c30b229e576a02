import { useState, type FormEvent } from 'react';
import { useAction } from '../api/outcome.ts';
import { RunEvaluationDocument, type Fusion } from '../gql/graphql.ts';
import { Card } from '../parts/card.tsx';
import { counted } from '../parts/format.ts';
import { Select } from '../parts/select.tsx';
import type { Dataset, Retriever } from './run-names.ts';

interface RunFormProps {
  datasets: readonly Dataset[];
  retrievers: readonly Retriever[];
  onStarted: () => void;
}

const fusions: readonly Fusion[] = ['LEARNED', 'RRF', 'DBSF', 'WEIGHTED', 'MAX'];
const kValues = [1, 5, 10, 20];

/** Starts an evaluation: a retriever, by its own fusion or another, on a dataset. */
export function RunForm({ datasets, retrievers, onStarted }: RunFormProps) {
  const [datasetId, setDatasetId] = useState('');
  const [retrieverId, setRetrieverId] = useState('');
  const [fusion, setFusion] = useState<Fusion | ''>('');
  const start = useAction(RunEvaluationDocument);
  const dataset = datasets.find(({ id }) => id === datasetId) ?? datasets[0];
  const retriever = retrievers.find(({ id }) => id === retrieverId) ?? retrievers[0];
  const run = async (event: FormEvent) => {
    event.preventDefault();
    if (dataset === undefined || retriever === undefined) return;
    const input = {
      datasetId: dataset.id,
      retrieverId: retriever.id,
      fusion: fusion || null,
      kValues,
      heldOutOnly: false,
    };
    const { done } = await start.run({ input });
    if (done) onStarted();
  };
  return (
    <Card
      title="Run an evaluation"
      lead="Run it once as it is, and once with another fusion: then compare the two below."
    >
      <form className="stack" onSubmit={(event) => void run(event)}>
        <Select
          label="Retriever"
          value={retriever?.id ?? ''}
          options={retrievers.map(({ id, retrieverName }) => ({ value: id, label: retrieverName }))}
          onChange={setRetrieverId}
        />
        <Select
          label="Dataset"
          value={dataset?.id ?? ''}
          options={
            datasets.length === 0
              ? [{ value: '', label: 'none yet' }]
              : datasets.map(({ id, name, queryCount }) => ({
                  value: id,
                  label: `${name} (${counted(queryCount, 'query', 'queries')})`,
                }))
          }
          onChange={setDatasetId}
        />
        <Select
          label="Fusion"
          value={fusion}
          options={[{ value: '', label: 'Its own' }, ...fusions.map((value) => ({ value, label: value }))]}
          onChange={(value) => setFusion(value as Fusion | '')}
        />
        {start.fault === null ? null : (
          <div className="notice notice--danger" role="alert">
            {start.fault}
          </div>
        )}
        <div className="row">
          <button
            type="submit"
            className="button button--main"
            disabled={start.busy || dataset === undefined || retriever === undefined}
          >
            Run
          </button>
          {dataset === undefined ? <span className="small muted">It takes a dataset: make one first.</span> : null}
        </div>
      </form>
    </Card>
  );
}
