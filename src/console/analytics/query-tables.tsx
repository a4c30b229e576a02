import { Card } from '../parts/card.tsx';
import { count, milliseconds, moment, percent } from '../parts/format.ts';
import { Empty } from '../parts/states.tsx';
import { FigureTable } from '../parts/figure-table.tsx';
import type { Performance } from './performance.ts';

const shownQueries = 10;

export function SegmentCard({ segments }: { segments: Performance['bySegment'] }) {
  return (
    <Card title="By segment" lead="Who searches, and what comes of it.">
      {segments.length === 0 ? (
        <Empty title="No segments">
          <p>Searches that name a segment are told apart here, and learn weights of their own.</p>
        </Empty>
      ) : (
        <FigureTable
          label="Segments"
          columns={['Segment', 'Searches', 'Click-through', 'MRR']}
          rows={segments.map(({ segment, searches, ctr, mrr }) => ({
            key: segment,
            cells: [segment === '' ? 'none named' : segment, count(searches), percent(ctr), mrr.toFixed(3)],
          }))}
        />
      )}
    </Card>
  );
}

export function SlowQueriesCard({ queries }: { queries: Performance['slowQueries'] }) {
  return (
    <Card title="Slowest searches" lead="Of this time.">
      {queries.length === 0 ? (
        <Empty title="None was slow">
          <p>Searches stand here as they are logged.</p>
        </Empty>
      ) : (
        <FigureTable
          label="Slowest searches"
          columns={['Query', 'When', 'Took']}
          rows={queries.slice(0, shownQueries).map(({ executionId, query, at, totalMs }) => ({
            key: executionId,
            cells: [query, moment(at), milliseconds(totalMs)],
          }))}
        />
      )}
    </Card>
  );
}

export function ZeroResultsCard({ queries }: { queries: Performance['zeroResultQueries'] }) {
  return (
    <Card title="Queries without a result" lead="What people looked for in vain.">
      {queries.length === 0 ? (
        <Empty title="Every query found something">
          <p>Those that find nothing stand here: add documents or a feature that finds by meaning.</p>
        </Empty>
      ) : (
        <FigureTable
          label="Queries without a result"
          columns={['Query', 'Last', 'Searches']}
          rows={queries.slice(0, shownQueries).map(({ query, lastAt, searches }) => ({
            key: query,
            cells: [query, moment(lastAt), count(searches)],
          }))}
        />
      )}
    </Card>
  );
}
