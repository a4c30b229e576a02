import { useState, type FormEvent } from 'react';
import { useAction } from '../api/outcome.ts';
import { GenerateDatasetDocument } from '../gql/graphql.ts';
import { Field } from '../parts/field.tsx';
import { counted } from '../parts/format.ts';
import { Select } from '../parts/select.tsx';
import type { Retriever } from './run-names.ts';

/** Judges queries by what people did with their results, corrected for position. */
export function GenerateForm({ retrievers, onNew }: { retrievers: readonly Retriever[]; onNew: () => void }) {
  const [retrieverId, setRetrieverId] = useState('');
  const [minInteractions, setMinInteractions] = useState(5);
  const [made, setMade] = useState<string | null>(null);
  const generate = useAction(GenerateDatasetDocument);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setMade(null);
    const id = retrieverId || retrievers[0]?.id;
    if (id === undefined) return;
    const outcome = await generate.run({ input: { retrieverId: id, minInteractions } });
    if (!outcome.done) return;
    const { dataset } = outcome.payload;
    setMade(
      `${dataset.name}: ${counted(dataset.queryCount, 'query', 'queries')} with ${counted(dataset.judgmentCount, 'judgment', 'judgments')}.`,
    );
    onNew();
  };
  return (
    <form className="stack" onSubmit={(event) => void make(event)}>
      <div className="pair">
        <Select
          label="Retriever"
          value={retrieverId}
          options={retrievers.map(({ id, retrieverName }) => ({ value: id, label: retrieverName }))}
          onChange={setRetrieverId}
        />
        <Field label="Interactions a query needs">
          {(ids) => (
            <input
              {...ids}
              className="input"
              type="number"
              min="1"
              max="10000"
              required
              value={minInteractions}
              onChange={(event) => setMinInteractions(event.target.valueAsNumber)}
            />
          )}
        </Field>
      </div>
      <div>
        <button type="submit" className="button" disabled={generate.busy || retrievers.length === 0}>
          {generate.busy ? 'Judging …' : 'Judge by clicks'}
        </button>
      </div>
      <Told fault={generate.fault} made={made} />
    </form>
  );
}

/** What came of making a dataset. */
export function Told({ fault, made }: { fault: string | null; made: string | null }) {
  if (fault !== null) {
    return (
      <div className="notice notice--danger" role="alert">
        {fault}
      </div>
    );
  }
  return <div role="status">{made === null ? null : <div className="notice notice--good">{made}</div>}</div>;
}
