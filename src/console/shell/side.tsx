import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useApi } from '../api/api.ts';
import { useConnection, type ConnectionState } from '../api/connection.ts';
import { useLiveQuery } from '../api/use-live-query.ts';
import { RetrieverNamesDocument } from '../gql/graphql.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import mark from './mark.svg';
import { ThemeSwitch } from './theme-switch.tsx';

const pages: readonly { href: string; label: string; icon: IconName }[] = [
  { href: '/', label: 'Overview', icon: 'overview' },
  { href: '/playground', label: 'Playground', icon: 'playground' },
  { href: '/evaluations', label: 'Evaluations', icon: 'evaluations' },
  { href: '/analytics', label: 'Analytics', icon: 'analytics' },
];

/** Where one can go, and how the connection is. A bar at the top and one at the bottom on a narrow screen. */
export function Side({ namespace, onLeave }: { namespace: string; onLeave: () => void }) {
  return (
    <header className="side">
      <Link href="/" className="brand">
        <img src={mark} alt="" />
        Attune
      </Link>
      <nav className="nav nav--pages" aria-label="Pages">
        {pages.map(({ href, label, icon }) => (
          <NavLink key={href} href={href}>
            <Icon name={icon} />
            {label}
          </NavLink>
        ))}
      </nav>
      <RetrieverNav />
      <div className="side__foot">
        <LivePill />
        <div className="row row--apart">
          <ThemeSwitch />
          <button
            type="button"
            className="button button--quiet button--icon"
            aria-label={`Sign out of ${namespace}`}
            title={`Sign out of ${namespace}`}
            onClick={onLeave}
          >
            <Icon name="leave" />
          </button>
        </div>
      </div>
    </header>
  );
}

function RetrieverNav() {
  const { data } = useLiveQuery(RetrieverNamesDocument, {});
  const retrievers = data?.retrievers.nodes ?? [];
  if (retrievers.length === 0) return null;
  return (
    <nav className="nav nav--retrievers" aria-label="Retrievers">
      <div className="nav__title">Retrievers</div>
      {retrievers.map(({ id, retrieverName }) => (
        <NavLink key={id} href={`/retrievers/${id}`}>
          {retrieverName}
        </NavLink>
      ))}
    </nav>
  );
}

function NavLink({ href, children }: { href: string; children: ReactNode }) {
  const [location] = useLocation();
  return (
    <Link href={href} className="nav__link" aria-current={location === href ? 'page' : undefined}>
      {children}
    </Link>
  );
}

const connectionWords: Record<ConnectionState, string> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Reconnecting …',
};

function LivePill() {
  const { state } = useConnection(useApi().connection);
  return (
    <span className={`pill pill--${state}`}>
      <span className="pill__dot" />
      {connectionWords[state]}
    </span>
  );
}
