import { useId, type ReactNode } from 'react';

interface CardProps {
  title: string;
  lead?: ReactNode;
  /** Controls, at the right of the title. */
  tools?: ReactNode;
  children: ReactNode;
}

/** A titled part of a page. */
export function Card({ title, lead, tools, children }: CardProps) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card__head">
        <div>
          <h2 id={id}>{title}</h2>
          {lead === undefined ? null : <p className="card__lead">{lead}</p>}
        </div>
        {tools}
      </div>
      {children}
    </section>
  );
}
