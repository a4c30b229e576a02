import { useEffect, useState } from 'react';
import { Provider } from 'urql';
import { ApiContext, openApi, type Api } from '../api/api.ts';
import { dropSession, keepSession, takeSession, type Session } from '../api/session.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Frame } from './frame.tsx';
import { Login } from './login.tsx';

/** The sign-in, and behind it the console with the API of that session. */
export function App() {
  const [session, setSession] = useState<Session | null>(takeSession);
  const [refusal, setRefusal] = useState<string | null>(null);

  const enter = (entered: Session) => {
    keepSession(entered);
    setRefusal(null);
    setSession(entered);
  };
  const leave = (reason: string | null) => {
    dropSession();
    setRefusal(reason);
    setSession(null);
  };
  return (
    <ErrorBoundary>
      {session === null ? <Login refusal={refusal} onEnter={enter} /> : <SignedIn session={session} onLeave={leave} />}
    </ErrorBoundary>
  );
}

function SignedIn({ session, onLeave }: { session: Session; onLeave: (reason: string | null) => void }) {
  const [api, setApi] = useState<Api | null>(null);
  useEffect(() => {
    const opened = openApi(session, onLeave);
    setApi(opened);
    return () => opened.close();
    // onLeave only sets state: another one of its kind does the same
  }, [session]);
  if (api === null) return null;
  return (
    <ApiContext value={api}>
      <Provider value={api.client}>
        <Frame namespace={session.namespace} onLeave={() => onLeave(null)} />
      </Provider>
    </ApiContext>
  );
}
