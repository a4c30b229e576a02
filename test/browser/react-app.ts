import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from '../../src/client/client.ts';
import { useLearnedWeights, useSearch } from '../examples/recipes/react.ts';

const settings = new URLSearchParams(location.hash.slice(1));
const client = createClient({ url: location.origin, key: settings.get('key') ?? '' });
const retrieverId = settings.get('retriever') ?? '';

/** Searches as one types, and shows whose weights apply. */
function App() {
  const [query, setQuery] = useState('');
  const { result, error } = useSearch(client, retrieverId, query, 'react');
  const weights = useLearnedWeights(client, retrieverId, 'react');
  const hits = (result?.hits ?? []).map(({ documentId }) => createElement('li', { key: documentId }, documentId));
  return createElement(
    'main',
    null,
    createElement('input', { type: 'search', value: query, onChange: (event) => setQuery(event.currentTarget.value) }),
    createElement('ol', null, ...hits),
    createElement('p', { role: 'alert' }, error?.code ?? ''),
    createElement('p', { role: 'status' }, weights?.contextLevel ?? 'waiting'),
  );
}

createRoot(document.body.appendChild(document.createElement('div'))).render(createElement(App));
