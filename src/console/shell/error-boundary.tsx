import { Component, type ReactNode } from 'react';

interface Props {
  children: ReactNode;
}

/** A fault of the console itself: says so, and offers the way out, instead of an empty page. */
export class ErrorBoundary extends Component<Props, { fault: string | null }> {
  override state = { fault: null };

  static getDerivedStateFromError(error: unknown): { fault: string } {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    if (this.state.fault === null) return this.props.children;
    return (
      <main className="page" id="content">
        <h1>The console broke</h1>
        <div className="notice notice--danger" role="alert">
          {this.state.fault}
        </div>
        <p className="muted">
          Searches and learning go on. Load the page again; if it happens again, the API is at{' '}
          <a href="/graphql">/graphql</a>.
        </p>
        <div>
          <button type="button" className="button button--main" onClick={() => window.location.reload()}>
            Load again
          </button>
        </div>
      </main>
    );
  }
}
