import { Empty } from '../parts/states.tsx';

/** What an empty server needs. */
export function FirstSteps({ onLook }: { onLook: () => void }) {
  return (
    <div className="card">
      <Empty title="No retriever yet">
        <p>A retriever runs searches over a collection and learns how much each of them should count. To have one:</p>
        <ol className="steps">
          <li>
            Look at the demo: stop this server and run <code>npm run demo</code>. It brings 300 products, and shoppers
            whose clicks move the weights, in a folder of its own.
          </li>
          <li>
            Or bring your own: in <a href="/graphql">GraphiQL</a> send <code>createCollection</code>,{' '}
            <code>upsertDocuments</code> and <code>createRetriever</code>, as the tutorial in the README does.
          </li>
        </ol>
        <button type="button" className="button button--main" onClick={onLook}>
          Look again
        </button>
      </Empty>
    </div>
  );
}
