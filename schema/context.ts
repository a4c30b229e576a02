import type { App } from '../src/app.ts';
import { hasScope, type Caller, type Credentials, type Scope } from '../src/access/caller.ts';
import type { Client } from '../src/interactions/learning-caps.ts';
import { DomainError, ForbiddenError } from '../src/shared/errors.ts';
import { refusal } from './errors.ts';

/** Of a list, where nobody says how many. */
export const defaultPageSize = 25;

/** How much one answer may hold. */
export interface AnswerLimits {
  /** Items on a page of a list. */
  pageSize: number;
}

export const defaultAnswerLimits: AnswerLimits = { pageSize: 100 };

/** What every resolver gets, one an operation. */
export interface Context {
  app: App;
  limits: AnswerLimits;
  /** Who asks, or why nobody knows. The schema itself may be read by anyone, so a refusal waits for the first field. */
  caller: Caller | DomainError;
  /** Where the request comes from, as far as can be known; null: from within the process. */
  address: string | null;
  /** Asks again, for what lasts longer than a request. */
  authenticate(): Promise<Caller | DomainError>;
}

export async function createContext(
  app: App,
  credentials: Credentials,
  { address = null, limits = defaultAnswerLimits }: { address?: string | null; limits?: AnswerLimits } = {},
): Promise<Context> {
  const authenticate = () =>
    app.access.authenticate(credentials).catch((error: unknown) => {
      if (error instanceof DomainError) return error;
      throw error;
    });
  return { app, limits, caller: await authenticate(), address, authenticate };
}

/** The authenticated caller. @throws GraphQLError that says why there is none */
export function callerOf(context: Context): Caller {
  if (context.caller instanceof DomainError) throw refusal(context.caller);
  return context.caller;
}

/** The id of the namespace that the operation works in. */
export function namespaceOf(context: Context): string {
  return callerOf(context).namespace.id;
}

/** @throws ForbiddenError FORBIDDEN unless the key reaches every namespace */
export function requireEveryNamespace(context: Context): void {
  if (callerOf(context).everyNamespace) return;
  throw new ForbiddenError('Only a key that is bound to no namespace may do this; use the admin key.', 'FORBIDDEN');
}

/** Who sends feedback: a key with the scope ADMIN is a server of the operator's own. */
export function clientOf(context: Context): Client {
  const caller = callerOf(context);
  return { keyId: caller.keyId, address: context.address, isTrusted: hasScope(caller, 'admin') };
}

export function mayUse(context: Context, scope: Scope): boolean {
  return hasScope(callerOf(context), scope);
}
