import { count, milliseconds, percent } from '../parts/format.ts';
import { Tiles } from '../parts/tiles.tsx';
import { totalP95, type Health } from './use-retriever-health.ts';

const notYet = '…';

/** The traffic of all retrievers together; no figures before there are any, as none is not 0. */
export function TrafficTiles({ health }: { health: readonly Health[] }) {
  const searches = health.reduce((sum, one) => sum + one.searches, 0);
  const isKnown = health.length > 0;
  const share = (rate: (one: Health) => number) =>
    !isKnown
      ? notYet
      : searches === 0
        ? '–'
        : percent(health.reduce((sum, one) => sum + rate(one) * one.searches, 0) / searches);
  const slowest = Math.max(...health.map((one) => totalP95(one) ?? -Infinity));
  return (
    <Tiles
      figures={[
        { name: 'Searches', value: isKnown ? count(searches) : notYet },
        { name: 'Click-through', value: share(({ ctr }) => ctr), note: 'searches with a click' },
        {
          name: 'Search time, p95',
          value: !isKnown ? notYet : Number.isFinite(slowest) ? milliseconds(slowest) : '–',
          note: health.length > 1 ? 'of the slowest retriever' : '95 of 100 are faster',
        },
        { name: 'Without a result', value: share(({ zeroResultRate }) => zeroResultRate) },
      ]}
    />
  );
}
