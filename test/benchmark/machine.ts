import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** Where and when figures were measured; the load average tells how quiet the machine was. */
export interface Machine {
  date: string;
  os: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  loadAverage1m: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    os: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Number((totalmem() / 1024 ** 3).toFixed(1)),
    loadAverage1m: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** Node's version and those of the packages that the figures depend on, as installed. */
export function installedVersions(): Record<string, string> {
  const packages = [
    'chdb',
    '@clickhouse/client',
    '@electric-sql/pglite',
    '@electric-sql/pglite-pgvector',
    'onnxruntime-node',
    'graphql-yoga',
    'graphql-ws',
  ];
  const entries = packages.map((name) => [name, installedVersion(name)] as const);
  return { node: process.versions.node, ...Object.fromEntries(entries) };
}

function installedVersion(name: string): string {
  try {
    const manifest = readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8');
    return (JSON.parse(manifest) as { version: string }).version;
  } catch {
    return 'not installed';
  }
}
