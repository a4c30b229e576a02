/** Who is signed in: kept for the tab alone, so that closing it signs out. */
export interface Session {
  /** An API key with the scope ADMIN. */
  key: string;
  namespace: string;
}

const storageKey = 'attune.session';
export const defaultNamespace = 'default';

/**
 * The session of this tab. A link may bring a key in its fragment, `#key=…`, as the one printed at the first start does:
 * it is kept and taken out of the address bar at once, and no server ever sees it.
 */
export function takeSession(): Session | null {
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const key = fragment.get('key');
  if (key === null) return storedSession();
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  const session = { key, namespace: fragment.get('namespace') ?? defaultNamespace };
  keepSession(session);
  return session;
}

export function keepSession(session: Session): void {
  window.sessionStorage.setItem(storageKey, JSON.stringify(session));
}

export function dropSession(): void {
  window.sessionStorage.removeItem(storageKey);
}

function storedSession(): Session | null {
  const stored: unknown = JSON.parse(window.sessionStorage.getItem(storageKey) ?? 'null');
  return isSession(stored) ? stored : null;
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null || !('key' in value) || !('namespace' in value)) return false;
  return typeof value.key === 'string' && typeof value.namespace === 'string';
}

export function sessionHeaders({ key, namespace }: Session): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'x-namespace': namespace };
}
