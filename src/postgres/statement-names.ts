import type { ClientBase } from 'pg';

/** Statements that a connection keeps. A plan takes some 100 kB; what comes later runs without being kept. */
const MAX_STATEMENTS = 100;

interface Names {
  connection: number;
  byText: Map<string, string>;
}

const namesOf = new WeakMap<ClientBase, Names>();
let connections = 0;

/**
 * The name under which a connection keeps a statement; null where it keeps enough of them. No other connection has the
 * same: embedded, all of them share one session, and with it its names.
 */
export function statementName(client: ClientBase, text: string): string | null {
  let names = namesOf.get(client);
  if (names === undefined) namesOf.set(client, (names = { connection: ++connections, byText: new Map() }));
  const known = names.byText.get(text);
  if (known !== undefined) return known;
  if (names.byText.size >= MAX_STATEMENTS) return null;
  const name = `attune_${names.connection}_${names.byText.size}`;
  names.byText.set(text, name);
  return name;
}
