import { useEffect, useState, type FormEvent } from 'react';
import { defaultNamespace, type Session } from '../api/session.ts';
import { Field } from '../parts/field.tsx';
import { checkKey } from './check-key.ts';
import mark from './mark.svg';

interface LoginProps {
  /** Why somebody is here who was signed in; null where nobody was. */
  refusal: string | null;
  onEnter: (session: Session) => void;
}

/** Asks for an API key, and lets in who has one with the scope ADMIN. */
export function Login({ refusal, onEnter }: LoginProps) {
  const [key, setKey] = useState('');
  const [namespace, setNamespace] = useState(defaultNamespace);
  const [fault, setFault] = useState<string | null>(refusal);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Attune';
  }, []);

  const enter = async (event: FormEvent) => {
    event.preventDefault();
    const session = { key: key.trim(), namespace: namespace.trim() || defaultNamespace };
    setBusy(true);
    const found = await checkKey(session);
    setBusy(false);
    if (found === null) onEnter(session);
    else setFault(found);
  };
  return (
    <main className="login">
      <form className="card login__card" onSubmit={(event) => void enter(event)}>
        <div className="login__brand">
          <img src={mark} alt="" />
          <h1>Attune</h1>
        </div>
        <p className="muted">
          Sign in with an API key of the scope ADMIN. The server printed one at its first start, beside a link that
          signs you in.
        </p>
        {fault === null ? null : (
          <div className="notice notice--danger" role="alert">
            {fault}
          </div>
        )}
        <Field label="API key">
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Field label="Namespace" hint="Leave it as it is unless somebody gave you another.">
          {(ids) => (
            <input
              {...ids}
              className="input"
              autoComplete="off"
              spellCheck={false}
              value={namespace}
              onChange={(event) => setNamespace(event.target.value)}
            />
          )}
        </Field>
        <button type="submit" className="button button--main" disabled={busy}>
          {busy ? 'Signing in …' : 'Sign in'}
        </button>
        <p className="small muted">The key stays in this tab and is forgotten when you close it.</p>
      </form>
    </main>
  );
}
