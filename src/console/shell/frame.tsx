import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { useApi } from '../api/api.ts';
import { useConnection } from '../api/connection.ts';
import { Loading } from '../parts/states.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { NotFound } from './not-found.tsx';
import { Side } from './side.tsx';

const AnalyticsPage = lazy(() => import('../analytics/analytics-page.tsx'));
const EvaluationsPage = lazy(() => import('../evaluations/evaluations-page.tsx'));
const OverviewPage = lazy(() => import('../overview/overview-page.tsx'));
const RetrieverPage = lazy(() => import('../retriever/retriever-page.tsx'));
const PlaygroundPage = lazy(() => import('../playground/playground-page.tsx'));

interface FrameProps {
  namespace: string;
  onLeave: () => void;
}

/** What stands around every page. Each page is loaded when it is first gone to. */
export function Frame({ namespace, onLeave }: FrameProps) {
  const [location] = useLocation();
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <div className="frame">
        <Side namespace={namespace} onLeave={onLeave} />
        <div>
          <LostBanner />
          <ErrorBoundary key={location}>
            <Suspense fallback={<PageOnItsWay />}>
              <Switch>
                <Route path="/" component={OverviewPage} />
                <Route path="/retrievers/:id">{({ id }) => <RetrieverPage key={id} retrieverId={id} />}</Route>
                <Route path="/playground" component={PlaygroundPage} />
                <Route path="/evaluations" component={EvaluationsPage} />
                <Route path="/analytics" component={AnalyticsPage} />
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </div>
      </div>
    </>
  );
}

function LostBanner() {
  const { state } = useConnection(useApi().connection);
  return (
    <div role="status">
      {state === 'lost' ? (
        <div className="banner">Connection lost. Reconnecting … What you see may be out of date.</div>
      ) : null}
    </div>
  );
}

function PageOnItsWay() {
  return (
    <div className="page">
      <Loading what="the page" height={12} />
    </div>
  );
}
