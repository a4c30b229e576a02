import { useState } from 'react';
import { useAction } from '../api/outcome.ts';
import { OptInUserDocument, OptOutUserDocument, ResetPreferencesDocument } from '../gql/graphql.ts';
import { Card } from '../parts/card.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Field } from '../parts/field.tsx';

const deeds = {
  out: {
    word: 'Opt out',
    text: 'They are served the static fusion from now on, and nothing is learned from them. What was learned stays until it is forgotten.',
    done: 'is opted out.',
  },
  in: {
    word: 'Opt in',
    text: 'They are served what the rollout says, and are learned from again.',
    done: 'is opted in.',
  },
  forget: {
    word: 'Forget preferences',
    text: 'What was learned of them alone is deleted. Their next search gets the weights of their segment, or of everyone.',
    done: 'starts anew: what was learned of them alone is gone.',
  },
} as const;

type Deed = keyof typeof deeds;

/** What one person may ask for: no learned ranking, or a fresh start. */
export function PersonCard({ retrieverId }: { retrieverId: string }) {
  const [userId, setUserId] = useState('');
  const [asking, setAsking] = useState<Deed | null>(null);
  const [news, setNews] = useState<string | null>(null);
  const user = userId.trim();
  return (
    <Card
      title="One person’s choice"
      lead="Opt somebody out or in, or let the retriever forget what it learned of them."
    >
      <Field label="User id" hint="As searches name them.">
        {(ids) => (
          <input {...ids} className="input" value={userId} onChange={(event) => setUserId(event.target.value)} />
        )}
      </Field>
      <div className="row">
        {(Object.keys(deeds) as Deed[]).map((deed) => (
          <button key={deed} type="button" className="button" disabled={user === ''} onClick={() => setAsking(deed)}>
            {deeds[deed].word}
          </button>
        ))}
      </div>
      <div role="status">{news === null ? null : <div className="notice notice--good">{news}</div>}</div>
      {asking === null ? null : (
        <AskForPerson
          deed={asking}
          retrieverId={retrieverId}
          userId={user}
          onClose={(done) => {
            setAsking(null);
            if (done) setNews(`${user} ${deeds[asking].done}`);
          }}
        />
      )}
    </Card>
  );
}

interface AskForPersonProps {
  deed: Deed;
  retrieverId: string;
  userId: string;
  onClose: (done: boolean) => void;
}

function AskForPerson({ deed, retrieverId, userId, onClose }: AskForPersonProps) {
  const { word, text } = deeds[deed];
  const actions = {
    out: useAction(OptOutUserDocument),
    in: useAction(OptInUserDocument),
    forget: useAction(ResetPreferencesDocument),
  };
  const action = actions[deed];
  const confirm = async () => {
    const { done } = await action.run({ input: { retrieverId, userId } });
    if (done) onClose(true);
  };
  return (
    <Confirm
      title={`${word}: ${userId}?`}
      action={word}
      danger={deed === 'forget'}
      busy={action.busy}
      fault={action.fault}
      onConfirm={() => void confirm()}
      onCancel={() => onClose(false)}
    >
      <p>{text}</p>
    </Confirm>
  );
}
