import { useState } from 'react';
import { useAction } from '../api/outcome.ts';
import { useEvents } from '../api/use-events.ts';
import { CancelEvaluationDocument, EvaluationNewsDocument } from '../gql/graphql.ts';
import { Badge } from '../parts/badge.tsx';
import type { Tone } from '../parts/tone.ts';
import { Card } from '../parts/card.tsx';
import { milliseconds, moment, sentence } from '../parts/format.ts';
import { Empty } from '../parts/states.tsx';
import { isOver, runName, type Dataset, type Names, type Run } from './run-names.ts';

interface RunsCardProps {
  runs: readonly Run[];
  names: Names;
  datasets: readonly Dataset[];
  /** Called when one that ran is over. */
  onOver: () => void;
}

/** The evaluations, newest first; those that run show how far they are. */
export function RunsCard({ runs, names, datasets, onOver }: RunsCardProps) {
  const datasetNames = new Map(datasets.map(({ id, name }) => [id, name]));
  return (
    <Card title="Runs" lead="By the first 10 hits, where no other k is named.">
      {runs.length === 0 ? (
        <Empty title="Nothing has been measured">
          <p>Choose a retriever and a dataset above, and run. A few hundred queries take a few seconds.</p>
        </Empty>
      ) : (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Evaluations">
          <table className="table runs">
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Dataset</th>
                <th scope="col">State</th>
                {['nDCG', 'MRR', 'MAP', 'Recall', 'Judged'].map((name) => (
                  <th key={name} scope="col" className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {runs.map((run) =>
                isOver(run) ? (
                  <RunRow key={run.id} run={run} names={names} dataset={datasetNames.get(run.datasetId)} />
                ) : (
                  <LiveRow
                    key={run.id}
                    run={run}
                    names={names}
                    dataset={datasetNames.get(run.datasetId)}
                    onOver={onOver}
                  />
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

interface RunRowProps {
  run: Run;
  names: Names;
  dataset: string | undefined;
}

const tones: Record<Run['status'], Tone> = {
  QUEUED: 'plain',
  RUNNING: 'accent',
  COMPLETED: 'good',
  CANCELLED: 'plain',
  FAILED: 'danger',
};

function RunRow({ run, names, dataset }: RunRowProps) {
  const figures = run.metrics?.find(({ k }) => k === 10) ?? run.metrics?.at(-1);
  return (
    <tr>
      <RunTitle run={run} names={names} />
      <td>{dataset ?? '–'}</td>
      <td>
        {isOver(run) ? (
          <span title={run.error ?? undefined}>
            <Badge tone={tones[run.status]}>{sentence(run.status)}</Badge>
          </span>
        ) : (
          <Progress run={run} />
        )}
      </td>
      {[figures?.ndcg, figures?.mrr, figures?.map, figures?.recall, figures?.judged].map((value, index) => (
        <td key={index} className="number">
          {value === undefined ? '–' : index === 0 ? <strong>{value.toFixed(3)}</strong> : value.toFixed(3)}
        </td>
      ))}
    </tr>
  );
}

/** Follows its evaluation to the end. */
function LiveRow({ run, onOver, ...props }: RunRowProps & { onOver: () => void }) {
  const [latest, setLatest] = useState(run);
  useEvents(EvaluationNewsDocument, { evaluationId: run.id }, ({ evaluationProgress }) => {
    setLatest(evaluationProgress);
    if (isOver(evaluationProgress)) onOver();
  });
  return <RunRow run={latest} {...props} />;
}

function RunTitle({ run, names }: { run: Run; names: Names }) {
  return (
    <th scope="row">
      {runName(run, names)}
      <div className="small muted">
        version {run.retrieverVersion}, {moment(run.createdAt)}
      </div>
    </th>
  );
}

function Progress({ run: { id, progress } }: { run: Run }) {
  const { done, total, fraction, remainingMs } = progress;
  const cancel = useAction(CancelEvaluationDocument);
  return (
    <div className="run-progress">
      <div
        className="progress"
        role="progressbar"
        aria-label="Queries done"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
      >
        <div className="progress__done" style={{ width: `${fraction * 100}%` }} />
      </div>
      <div className="row row--apart small muted">
        <span>
          {done} of {total}
          {remainingMs === null ? '' : `, ${milliseconds(remainingMs)} left`}
        </span>
        <button
          type="button"
          className="button button--quiet button--small"
          disabled={cancel.busy}
          onClick={() => void cancel.run({ input: { evaluationId: id } })}
        >
          Cancel
        </button>
      </div>
    </div>
  );
}
