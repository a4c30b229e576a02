/** What the caller did wrong or may not do. Everything else that is thrown is a fault of ours and is masked. */
export abstract class DomainError extends Error {
  /** Stable, SCREAMING_SNAKE, meant for programs. */
  readonly code: string;
  /** The input field at fault, outermost first, list indexes as decimal strings: ["input", "documents", "3", "vectors"]. */
  readonly path: readonly string[];

  constructor(message: string, code: string, path: readonly (string | number)[]) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.path = path.map(String);
  }
}

/** The input is malformed or contradicts itself. */
export class ValidationError extends DomainError {
  constructor(message: string, code: string, path: readonly (string | number)[] = []) {
    super(message, code, path);
  }
}

/** What the input names does not exist (in this namespace). */
export class NotFoundError extends DomainError {
  constructor(message: string, code: string, path: readonly (string | number)[] = []) {
    super(message, code, path);
  }
}

/** The input is fine, but contradicts what is stored (a name taken, a feature filled by another model). */
export class ConflictError extends DomainError {
  constructor(message: string, code: string, path: readonly (string | number)[] = []) {
    super(message, code, path);
  }
}

/** The caller is not who it takes to do this. */
export class ForbiddenError extends DomainError {
  constructor(message: string, code: string, path: readonly (string | number)[] = []) {
    super(message, code, path);
  }
}

/**
 * A store gave no answer: it is away, starting or cut off. Nobody's fault who called, and worth another try. Whether what was
 * asked was done is not known: only what can be repeated may be tried again.
 */
export class UnavailableError extends Error {
  /** What did not answer, as callers may be told. */
  readonly store: 'Postgres' | 'ClickHouse';

  /** @param message for the log: it may hold addresses */
  constructor(store: UnavailableError['store'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.store = store;
  }
}

/** The program cannot start or go on for a reason its operator can mend; the message is one sentence that says how. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
  }
}
