import { useState } from 'react';
import { useAction } from '../api/outcome.ts';
import { UpdateRolloutDocument, type RolloutStateFragment } from '../gql/graphql.ts';
import { Card } from '../parts/card.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { changesOf, settingsOf, type Settings } from './rollout-settings.ts';
import { SettingsFields } from './settings-fields.tsx';

/** Sets how far learned fusion is let loose. What was changed is listed, and asked about, before it is saved. */
export function RolloutCard({ name, rollout }: { name: string; rollout: RolloutStateFragment }) {
  const saved = settingsOf(rollout);
  const [draft, setDraft] = useState<Settings | null>(null);
  const [asking, setAsking] = useState(false);
  const update = useAction(UpdateRolloutDocument);
  const settings = draft ?? saved;
  const changes = changesOf(saved, settings);
  const close = () => {
    update.forgetFault();
    setAsking(false);
  };
  const save = async (reason: string | null) => {
    const { done } = await update.run({ input: { retrieverId: rollout.retrieverId, ...settings, reason } });
    if (!done) return;
    setDraft(null);
    close();
  };
  return (
    <Card title="Rollout" lead="Who is served learned fusion. Users keep their side when the percentage grows.">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        <SettingsFields settings={settings} onChange={setDraft} />
        <div className="row">
          <button type="submit" className="button button--main" disabled={changes.length === 0}>
            Save …
          </button>
          {changes.length === 0 ? null : (
            <button type="button" className="button button--quiet" onClick={() => setDraft(null)}>
              Undo
            </button>
          )}
        </div>
      </form>
      {!asking ? null : (
        <Confirm
          title={`Change the rollout of ${name}?`}
          action="Change it"
          asksWhy
          busy={update.busy}
          fault={update.fault}
          onConfirm={(reason) => void save(reason)}
          onCancel={close}
        >
          <p>It holds on every server within a second.</p>
          <ul className="changes">
            {changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        </Confirm>
      )}
    </Card>
  );
}
