import { featureName } from '../features/feature-style.ts';
import { Card } from '../parts/card.tsx';
import { count, milliseconds, sentence } from '../parts/format.ts';
import type { Performance } from './performance.ts';

/** Where a search's time goes. The bars are part of the table, so that it is one thing to read. */
export function LatencyCard({ latency }: { latency: Performance['latency'] }) {
  const longest = Math.max(...latency.map(({ p99Ms }) => p99Ms), 1);
  return (
    <Card title="Time by stage" lead="Half of the searches are faster than p50, 99 of 100 faster than p99.">
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Time by stage">
        <table className="table latency">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">
                <span className="for-readers">As bars</span>
              </th>
              <th scope="col" className="number">
                p50
              </th>
              <th scope="col" className="number">
                p95
              </th>
              <th scope="col" className="number">
                p99
              </th>
            </tr>
          </thead>
          <tbody>
            {latency.map(({ stage, searches, p50Ms, p95Ms, p99Ms }) => (
              <tr key={stage}>
                <th scope="row" title={`${count(searches)} searches`}>
                  {stage.includes('://') ? featureName(stage) : sentence(stage)}
                </th>
                <td className="latency__cell" aria-hidden="true">
                  <div className="latency__bar">
                    <span className="latency__p99" style={{ width: `${(p99Ms / longest) * 100}%` }} />
                    <span className="latency__p95" style={{ width: `${(p95Ms / longest) * 100}%` }} />
                    <span className="latency__p50" style={{ width: `${(p50Ms / longest) * 100}%` }} />
                  </div>
                </td>
                <td className="number">{milliseconds(p50Ms)}</td>
                <td className="number">{milliseconds(p95Ms)}</td>
                <td className="number">{milliseconds(p99Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
