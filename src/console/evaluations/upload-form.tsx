import { useState, type FormEvent } from 'react';
import { useAction } from '../api/outcome.ts';
import { CreateDatasetDocument } from '../gql/graphql.ts';
import { Field } from '../parts/field.tsx';
import { counted } from '../parts/format.ts';
import { Told } from './generate-form.tsx';

const example = 'query,document_id,relevance\ntrail kettle,trail-kettle-08,2';

/** Takes judgments as CSV, or as JSON lines where the first line is an object. */
export function UploadForm({ onNew }: { onNew: () => void }) {
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const create = useAction(CreateDatasetDocument);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setMade(null);
    const rows = text.trimStart().startsWith('{') ? { jsonl: text } : { csv: text };
    const outcome = await create.run({ input: { name: name.trim(), keepPrevious: false, ...rows } });
    if (!outcome.done) return;
    const { dataset, rejectedCount, rejectedRows } = outcome.payload;
    const [first] = rejectedRows;
    const rejected =
      first === undefined
        ? ''
        : ` ${counted(rejectedCount, 'row was', 'rows were')} left out; line ${first.line}: ${first.message}`;
    setMade(`${dataset.name}: ${counted(dataset.queryCount, 'query', 'queries')}.${rejected}`);
    setText('');
    onNew();
  };
  return (
    <form className="stack" onSubmit={(event) => void make(event)}>
      <Field label="Name">
        {(ids) => (
          <input {...ids} className="input" required value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Field label="Judgments" hint="CSV with a header, or an object a line: query, documentId, relevance.">
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            required
            spellCheck={false}
            placeholder={example}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <div>
        <button type="submit" className="button" disabled={create.busy}>
          {create.busy ? 'Storing …' : 'Store judgments'}
        </button>
      </div>
      <Told fault={create.fault} made={made} />
    </form>
  );
}
