import { useState, type FormEvent } from 'react';
import type { Audience } from '../features/audience.ts';
import { Choice } from '../parts/choice.tsx';

interface AudiencePickerProps {
  audience: Audience;
  /** Segments that searched of late. */
  segments: readonly string[];
  onChange: (audience: Audience) => void;
}

type Kind = Audience['kind'];

const kinds: readonly { value: Kind; label: string }[] = [
  { value: 'everyone', label: 'Everyone' },
  { value: 'segment', label: 'A segment' },
  { value: 'user', label: 'A user' },
];

/** Whose weights the page shows. */
export function AudiencePicker({ audience, segments, onChange }: AudiencePickerProps) {
  const [kind, setKind] = useState<Kind>(audience.kind);
  const choose = (next: Kind) => {
    setKind(next);
    const [first] = segments;
    if (next === 'everyone') onChange({ kind: 'everyone' });
    if (next === 'segment' && first !== undefined) onChange({ kind: 'segment', segment: first });
  };
  return (
    <div className="row audience">
      <Choice label="Whose weights" value={kind} options={kinds} onChange={choose} />
      {kind === 'segment' ? <SegmentField audience={audience} segments={segments} onChange={onChange} /> : null}
      {kind === 'user' ? <UserField segments={segments} onChange={onChange} /> : null}
    </div>
  );
}

function SegmentField({ audience, segments, onChange }: AudiencePickerProps) {
  if (segments.length === 0) {
    return <span className="small muted">No search of the last week named a segment. Searches do with `segment`.</span>;
  }
  return (
    <select
      className="input audience__input"
      aria-label="Segment"
      value={audience.kind === 'segment' ? audience.segment : ''}
      onChange={(event) => onChange({ kind: 'segment', segment: event.target.value })}
    >
      {segments.map((segment) => (
        <option key={segment}>{segment}</option>
      ))}
    </select>
  );
}

function UserField({ segments, onChange }: Omit<AudiencePickerProps, 'audience'>) {
  const [userId, setUserId] = useState('');
  const [segment, setSegment] = useState('');
  const show = (event: FormEvent) => {
    event.preventDefault();
    if (userId.trim() !== '') onChange({ kind: 'user', userId: userId.trim(), segment: segment || null });
  };
  return (
    <form className="row" onSubmit={show}>
      <input
        className="input audience__input"
        aria-label="User id"
        placeholder="User id"
        value={userId}
        onChange={(event) => setUserId(event.target.value)}
      />
      <select
        className="input audience__input"
        aria-label="The user’s segment"
        value={segment}
        onChange={(event) => setSegment(event.target.value)}
      >
        <option value="">in no segment</option>
        {segments.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button type="submit" className="button">
        Show
      </button>
    </form>
  );
}
