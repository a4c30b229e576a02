import type { ReactNode } from 'react';

/** A figure with its name. */
export interface TileFigure {
  name: string;
  value: ReactNode;
  note?: string;
}

/** Figures that are read at a glance. */
export function Tiles({ figures }: { figures: readonly TileFigure[] }) {
  return (
    <dl className="tiles">
      {figures.map(({ name, value, note }) => (
        <div className="tile" key={name}>
          <dt>
            {name}
            {note === undefined ? null : <div className="tile__note">{note}</div>}
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
