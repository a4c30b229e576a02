export type Scope = 'admin' | 'search' | 'interact';

/** A tenant. Every stored row belongs to one, every query names one. */
export interface Namespace {
  id: string;
  name: string;
}

/** Whether a namespace may be called so; what may not is not there, and is not looked up. */
export function isNamespaceName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
}

/** What a client says of itself, and where it comes from. */
export interface Credentials {
  /** `Bearer <key>` */
  authorization: string | null;
  /** The name of a namespace; null: the key's, or `default`. */
  namespace: string | null;
  /** The web page's origin, which browsers send and no page can forge; null: none was sent. */
  origin: string | null;
}

/** Who asks: worked out once a request (HTTP) or once an operation (WebSocket), before any use case. */
export interface Caller {
  namespace: Namespace;
  keyId: string;
  scopes: readonly Scope[];
  /** The key is bound to no namespace: it may name any, and make new ones. */
  everyNamespace: boolean;
  /** When the key stops working, milliseconds since the epoch; null: never. */
  expiresAt: number | null;
  /** Operations a minute that the key is bound to; null: none of its own. */
  rateLimitPerMinute: number | null;
}

/** `admin` includes the other two. */
export function hasScope(caller: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin');
}
