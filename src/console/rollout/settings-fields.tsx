import { useState } from 'react';
import type { StaticFusion } from '../gql/graphql.ts';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Select } from '../parts/select.tsx';
import type { Settings } from './rollout-settings.ts';

interface SettingsFieldsProps {
  settings: Settings;
  onChange: (settings: Settings) => void;
}

/** The finest percentage that the API takes. A number input without a step refuses all but whole ones. */
const hundredth = 0.01;
const staticFusions: readonly StaticFusion[] = ['RRF', 'DBSF', 'WEIGHTED', 'MAX'];

export function SettingsFields({ settings, onChange }: SettingsFieldsProps) {
  const { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers } = settings;
  const set = (change: Partial<Settings>) => onChange({ ...settings, ...change });
  return (
    <>
      <PercentField
        label="Learned fusion serves"
        hint="Of those outside the control group."
        value={rolloutPct}
        onChange={(value) => set({ rolloutPct: value })}
      />
      <div className="rollout-pair">
        <Field label="Control group, %" hint="Never served it, to compare with.">
          {(ids) => (
            <input
              {...ids}
              className="input"
              type="number"
              min="0"
              max="100"
              step={hundredth}
              value={controlPct}
              onChange={(event) => set({ controlPct: within(event.target.valueAsNumber) })}
            />
          )}
        </Field>
        <Select
          label="Everybody else gets"
          hint="With the static weights."
          value={staticFusion}
          options={staticFusions.map((value) => ({ value, label: value }))}
          onChange={(value) => set({ staticFusion: value as StaticFusion })}
        />
      </div>
      <label className="check">
        <input type="checkbox" checked={shadowMode} onChange={(event) => set({ shadowMode: event.target.checked })} />
        <span>
          Shadow mode
          <br />
          <span className="small muted">
            Work the learned ranking out beside the static one, and serve it to nobody.
          </span>
        </span>
      </label>
      <ExcludedUsers users={excludedUsers} onChange={(users) => set({ excludedUsers: users })} />
    </>
  );
}

interface PercentFieldProps {
  label: string;
  hint: string;
  value: number;
  onChange: (value: number) => void;
}

function PercentField({ label, hint, value, onChange }: PercentFieldProps) {
  return (
    <Field label={`${label} ${value} %`} hint={hint}>
      {(ids) => (
        <div className="rollout-add">
          <input
            {...ids}
            type="range"
            min="0"
            max="100"
            // shows fractions, and is dragged from one whole percent to the next
            step="any"
            value={value}
            onChange={(event) => onChange(Math.round(within(event.target.valueAsNumber)))}
          />
          <input
            className="input input--short"
            type="number"
            min="0"
            max="100"
            step={hundredth}
            aria-label={`${label}, %`}
            value={value}
            onChange={(event) => onChange(within(event.target.valueAsNumber))}
          />
        </div>
      )}
    </Field>
  );
}

/** In hundredths, and 0 of what is no number. */
function within(percent: number): number {
  if (!Number.isFinite(percent)) return 0;
  return Math.min(100, Math.max(0, Math.round(percent / hundredth) / 100));
}

function ExcludedUsers({ users, onChange }: { users: readonly string[]; onChange: (users: string[]) => void }) {
  const [name, setName] = useState('');
  const add = () => {
    const user = name.trim();
    if (user !== '' && !users.includes(user)) onChange([...users, user]);
    setName('');
  };
  return (
    <div className="stack stack--tight">
      <Field label="Users left out" hint="Served the static fusion, and never learned from: bots, say, or colleagues.">
        {(ids) => (
          <div className="rollout-add">
            <input
              {...ids}
              className="input"
              placeholder="User id"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <button type="button" className="button" onClick={add} disabled={name.trim() === ''}>
              Add
            </button>
          </div>
        )}
      </Field>
      {users.length === 0 ? null : (
        <ul className="row">
          {users.map((user) => (
            <li key={user} className="chip">
              {user}
              <button
                type="button"
                className="chip__remove"
                aria-label={`Leave ${user} in again`}
                onClick={() => onChange(users.filter((other) => other !== user))}
              >
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
