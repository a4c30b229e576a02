import { useEffect, useRef, type ReactNode } from 'react';

interface PageProps {
  title: string;
  lead?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
}

/** The page that the document was opened with: its focus is where the browser put it. */
let isFirst = true;

/** A page: names the tab, and takes the focus when one comes to it from another, as a fresh document would. */
export function Page({ title, lead, tools, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Attune`;
  }, [title]);
  useEffect(() => {
    if (isFirst) {
      isFirst = false;
      return;
    }
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return (
    <main className="page" id="content">
      <header className="page__head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead === undefined ? null : <div className="page__lead">{lead}</div>}
        </div>
        {tools}
      </header>
      {children}
    </main>
  );
}
