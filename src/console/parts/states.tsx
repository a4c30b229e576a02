import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { sentenceOf } from '../api/outcome.ts';
import type { LiveQuery } from '../api/use-live-query.ts';

/** Room for what is on its way. @param height in rem */
export function Loading({ what, height = 6 }: { what: string; height?: number }) {
  return (
    <div role="status">
      <div className="skeleton" style={{ height: `${height}rem` }} />
      <span className="for-readers">Loading {what} …</span>
    </div>
  );
}

/** Nothing is there yet; the children say how to change that. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty__title">{title}</p>
      {children}
    </div>
  );
}

interface FaultProps {
  what: string;
  error: CombinedError;
  onRetry?: () => void;
}

export function Fault({ what, error, onRetry }: FaultProps) {
  return (
    <div className="notice notice--danger" role="alert">
      <strong>Could not load {what}.</strong>
      <span>{sentenceOf(error)}</span>
      {onRetry === undefined ? null : (
        <div>
          <button type="button" className="button button--small" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

interface LoadedProps<Data> {
  /** What is loaded, in words: "the retrievers". */
  what: string;
  query: LiveQuery<Data>;
  height?: number;
  children: (data: Data) => ReactNode;
}

/**
 * What a query brought; until then that it is on its way, or why it is not. Old data stays when asking again failed, with
 * that above it: what was typed there, and not saved yet, must outlive a fault of the moment.
 */
export function Loaded<Data>({ what, query, height, children }: LoadedProps<Data>) {
  const { data, error, reload } = query;
  const fault = error === undefined ? null : <Fault what={what} error={error} onRetry={reload} />;
  if (data === undefined) return fault ?? <Loading what={what} {...(height === undefined ? {} : { height })} />;
  return (
    <>
      {fault}
      {children(data)}
    </>
  );
}
