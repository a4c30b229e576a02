import { useId, useState, type FormEvent } from 'react';
import { useLiveQuery } from '../api/use-live-query.ts';
import { audienceOf, type Audience } from '../features/audience.ts';
import { namedSegments } from '../features/named-segments.ts';
import { KnownSegmentsDocument, type RetrieverNamesQuery, type SearchInput } from '../gql/graphql.ts';
import { Field } from '../parts/field.tsx';
import { Select } from '../parts/select.tsx';
import { inputFields, toInputs, type InputField } from './search-inputs.ts';

type Retriever = RetrieverNamesQuery['retrievers']['nodes'][number];

interface SearchFormProps {
  retriever: Retriever;
  retrievers: readonly Retriever[];
  busy: boolean;
  /** Why the last search did not run. */
  fault: string | null;
  onRetriever: (id: string) => void;
  /** Called when somebody else searches. */
  onAudience: (audience: Audience) => void;
  onSearch: (input: SearchInput) => void;
}

export function SearchForm(props: SearchFormProps) {
  const { retriever, retrievers, busy, fault, onRetriever, onAudience, onSearch } = props;
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [userId, setUserId] = useState('');
  const [segment, setSegment] = useState('');
  const [mistake, setMistake] = useState<string | null>(null);
  const fields = inputFields(retriever.inputSchema);

  const search = (event: FormEvent) => {
    event.preventDefault();
    const who = { userId: userId.trim() || null, segment: segment.trim() || null };
    try {
      const inputs = toInputs(fields, typed);
      setMistake(null);
      onAudience(audienceOf(who));
      onSearch({ retrieverId: retriever.id, inputs, ...who });
    } catch (error) {
      setMistake((error as Error).message);
    }
  };
  return (
    <form className="card" onSubmit={search}>
      <div className="search-main">
        {fields.map((field) => (
          <InputControl
            key={field.name}
            field={field}
            value={typed[field.name] ?? ''}
            onChange={(text) => setTyped({ ...typed, [field.name]: text })}
          />
        ))}
        <button type="submit" className="button button--main" disabled={busy}>
          {busy ? 'Searching …' : 'Search'}
        </button>
      </div>
      <div className="search-who">
        {retrievers.length === 1 ? null : (
          <Select
            label="Retriever"
            value={retriever.id}
            options={retrievers.map(({ id, retrieverName }) => ({ value: id, label: retrieverName }))}
            onChange={onRetriever}
          />
        )}
        <Field label="User id" hint="Empty: nobody in particular.">
          {(ids) => (
            <input
              {...ids}
              className="input"
              autoComplete="off"
              value={userId}
              onChange={(event) => setUserId(event.target.value)}
            />
          )}
        </Field>
        <SegmentField retrieverId={retriever.id} value={segment} onChange={setSegment} />
      </div>
      {(mistake ?? fault) === null ? null : (
        <div className="notice notice--danger" role="alert">
          {mistake ?? fault}
        </div>
      )}
    </form>
  );
}

interface InputControlProps {
  field: InputField;
  value: string;
  onChange: (text: string) => void;
}

function InputControl({ field: { name, hint, required }, value, onChange }: InputControlProps) {
  return (
    <Field label={name === 'query' ? 'Query' : name} {...(hint === null ? {} : { hint })}>
      {(ids) => (
        <input
          {...ids}
          className="input"
          required={required}
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface SegmentFieldProps {
  retrieverId: string;
  value: string;
  onChange: (segment: string) => void;
}

/** Any text, with those that searched of late offered. */
function SegmentField({ retrieverId, value, onChange }: SegmentFieldProps) {
  const { data } = useLiveQuery(KnownSegmentsDocument, { retrieverId });
  const listId = useId();
  const segments = namedSegments(data?.retrieverPerformance);
  return (
    <Field label="Segment" hint={segments.length === 0 ? 'Any name.' : `Such as ${segments.slice(0, 2).join(' or ')}.`}>
      {(ids) => (
        <>
          <input
            {...ids}
            className="input"
            autoComplete="off"
            list={listId}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={listId}>
            {segments.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
