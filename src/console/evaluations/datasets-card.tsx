import { useState } from 'react';
import { Card } from '../parts/card.tsx';
import { Choice } from '../parts/choice.tsx';
import { count, words } from '../parts/format.ts';
import { FigureTable } from '../parts/figure-table.tsx';
import { Empty } from '../parts/states.tsx';
import { GenerateForm } from './generate-form.tsx';
import type { Dataset, Retriever } from './run-names.ts';
import { UploadForm } from './upload-form.tsx';

interface DatasetsCardProps {
  datasets: readonly Dataset[];
  retrievers: readonly Retriever[];
  onNew: () => void;
}

type Way = 'clicks' | 'hand';

const ways: readonly { value: Way; label: string }[] = [
  { value: 'clicks', label: 'From clicks' },
  { value: 'hand', label: 'By hand' },
];

/** The judged queries that there are, and how to have more. */
export function DatasetsCard({ datasets, retrievers, onNew }: DatasetsCardProps) {
  const [way, setWay] = useState<Way>('clicks');
  return (
    <Card title="Datasets" lead="Queries, and how relevant documents are to each.">
      {datasets.length === 0 ? (
        <Empty title="No judged queries yet">
          <p>Let clicks judge, or paste judgments of your own: both are below.</p>
        </Empty>
      ) : (
        <DatasetTable datasets={datasets} />
      )}
      <div className="stack part">
        <div className="row row--apart">
          <h3>Make one</h3>
          <Choice label="How to make a dataset" value={way} options={ways} onChange={setWay} />
        </div>
        {way === 'clicks' ? <GenerateForm retrievers={retrievers} onNew={onNew} /> : <UploadForm onNew={onNew} />}
      </div>
    </Card>
  );
}

function DatasetTable({ datasets }: { datasets: readonly Dataset[] }) {
  return (
    <FigureTable
      label="Datasets"
      columns={['Name', 'From', 'Queries', 'Judgments']}
      rows={datasets.map(({ id, name, version, source, queryCount, judgmentCount }) => ({
        key: id,
        cells: [
          version > 1 ? `${name}, version ${version}` : name,
          words(source),
          count(queryCount),
          count(judgmentCount),
        ],
      }))}
    />
  );
}
