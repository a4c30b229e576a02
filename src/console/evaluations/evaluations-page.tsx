import { useLiveQuery } from '../api/use-live-query.ts';
import { DatasetsDocument, EvaluationsDocument, RetrieverNamesDocument } from '../gql/graphql.ts';
import { Page } from '../parts/page.tsx';
import { Loaded } from '../parts/states.tsx';
import { CompareCard } from './compare-card.tsx';
import { DatasetsCard } from './datasets-card.tsx';
import { RunForm } from './run-form.tsx';
import { RunsCard } from './runs-card.tsx';
import './evaluations.css';

/** Measures retrievers on judged queries, and says whether one is better than another. */
export default function EvaluationsPage() {
  const datasets = useLiveQuery(DatasetsDocument, {});
  const evaluations = useLiveQuery(EvaluationsDocument, {}, { everyMs: 15_000 });
  const retrievers = useLiveQuery(RetrieverNamesDocument, {}).data?.retrievers.nodes ?? [];
  const names = new Map(retrievers.map(({ id, retrieverName }) => [id, retrieverName]));
  const known = datasets.data?.evaluationDatasets.nodes ?? [];
  const runs = evaluations.data?.evaluations.nodes ?? [];
  return (
    <Page
      title="Evaluations"
      lead="Measure rankings on judged queries, and compare two of them. Nothing learns from it, and nobody notices."
    >
      <div className="columns evaluation-columns">
        <Loaded what="the datasets" query={datasets} height={12}>
          {() => <DatasetsCard datasets={known} retrievers={retrievers} onNew={datasets.reload} />}
        </Loaded>
        <RunForm datasets={known} retrievers={retrievers} onStarted={evaluations.reload} />
      </div>
      <Loaded what="the evaluations" query={evaluations} height={12}>
        {() => (
          <>
            <RunsCard runs={runs} names={names} datasets={known} onOver={evaluations.reload} />
            <CompareCard runs={runs} names={names} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
