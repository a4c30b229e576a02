import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './benchmark.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const adminKey = 'an-admin-key-for-benchmarks-only';
const parameters = {
  command: 'node src/cli/attune.mjs start',
  demoRetriever: 'demo-search',
  giveUpMs: 120_000,
};

/** From an empty directory to the first answered search of the demo, then again on what that start left behind. */
export async function benchmarkStart(say: (line: string) => void): Promise<Measurement> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  try {
    const first = await measureStart(dataDir);
    say('  the first start is measured');
    const second = await measureStart(dataDir);
    const rows = Object.keys(first).map((figure) => ({ figure, first: first[figure]!, second: second[figure]! }));
    return { parameters: { ...parameters, installMb: sizeMb(path.join(root, 'node_modules')) }, rows };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureStart(dataDir: string): Promise<Record<string, number>> {
  const port = await freePort();
  const startedAt = performance.now();
  const server = spawn(process.execPath, ['src/cli/attune.mjs', 'start'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), ATTUNE_DATA_DIR: dataDir, ATTUNE_ADMIN_KEY: adminKey },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const url = `http://127.0.0.1:${port}/graphql`;
    const sinceStart = () => Math.round(performance.now() - startedAt);
    await until(server, () => ask(url, '{ __typename }'));
    const listeningMs = sinceStart();
    const retrieverId = await until(server, () => findDemoRetriever(url));
    const retrieverMs = sinceStart();
    const hits = await until(server, () => firstSearch(url, retrieverId));
    return {
      listeningMs,
      retrieverMs,
      firstSearchMs: sinceStart(),
      hits,
      serverRssMb: residentMb(server.pid!),
      clickHouseRssMb: clickHouseOf(server.pid!).reduce((sum, pid) => sum + residentMb(pid), 0),
      dataDirMb: sizeMb(dataDir),
    };
  } finally {
    await stop(server);
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}

/** Polls until there is a value. @throws when the server has ended, or never comes to it */
async function until<Value>(server: ChildProcess, attempt: () => Promise<Value | null>): Promise<Value> {
  const giveUpAt = performance.now() + parameters.giveUpMs;
  while (performance.now() < giveUpAt) {
    if (server.exitCode !== null) throw new Error(`the server ended with exit code ${server.exitCode}`);
    const value = await attempt();
    if (value !== null) return value;
    await sleep(10);
  }
  throw new Error('the server did not answer in time');
}

async function findDemoRetriever(url: string): Promise<string | null> {
  type Retrievers = { retrievers: { edges: { node: { id: string; retrieverName: string } }[] } };
  const data = await ask<Retrievers>(url, '{ retrievers { edges { node { id retrieverName } } } }');
  const found = data?.retrievers.edges.find(({ node }) => node.retrieverName === parameters.demoRetriever);
  return found?.node.id ?? null;
}

async function firstSearch(url: string, retrieverId: string): Promise<number | null> {
  const data = await ask<{ search: { hits: unknown[] } }>(
    url,
    'query ($input: SearchInput!) { search(input: $input) { hits { documentId } } }',
    { input: { retrieverId, inputs: { query: 'a warm sleeping bag for winter' } } },
  );
  return data === null ? null : data.search.hits.length;
}

/** Null where nobody listens yet. @throws on GraphQL errors */
async function ask<Data>(url: string, query: string, variables: object = {}): Promise<Data | null> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` },
    body: JSON.stringify({ query, variables }),
  }).catch(() => null);
  if (response === null) return null;
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown[] };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

/** Children of the process that run the embedded ClickHouse; Linux only, elsewhere none are found. */
function clickHouseOf(parent: number): number[] {
  return readProcess(() => readdirSync('/proc'), [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statusOf(pid, 'PPid') === parent)
    .filter((pid) => readProcess(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').includes('chdb-server'));
}

const residentMb = (pid: number) => Math.round(statusOf(pid, 'VmRSS') / 1024);

/** A number of /proc/PID/status; NaN where there is none. */
function statusOf(pid: number, field: string): number {
  const status = readProcess(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);
}

/** A process may end between being listed and being read. */
function readProcess<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function sizeMb(folder: string): number {
  return Math.round(Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) / 1024);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
