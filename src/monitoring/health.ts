import type { Clock } from '../shared/clock.ts';
import { within } from '../shared/within.ts';

export type PartName = 'postgres' | 'clickhouse' | 'embeddings' | 'relay';

export interface PartHealth {
  status: 'up' | 'starting' | 'down';
  /** What it means for who calls, where it is not up. Nothing of addresses, users or queries: anyone may read it. */
  message?: string;
}

export interface HealthReport {
  /** `ready`: all is well. `degraded`: requests are answered, but not all is well. `unavailable`: send none here. */
  status: 'ready' | 'degraded' | 'unavailable';
  message?: string;
  parts: Record<PartName, PartHealth>;
}

export interface Health {
  report(): Promise<HealthReport>;
  /** From now on the server is unavailable, whatever its parts say. */
  stopping(): void;
}

export interface HealthOptions {
  /** How each part is; one that throws or is late is down. */
  checks: Record<PartName, () => Promise<PartHealth> | PartHealth>;
  /** What a part that is down means. */
  consequences: Record<PartName, string>;
  clock: Clock;
  /** Default 2 s: a part that answers later does not answer. */
  timeoutMs?: number;
  /** How long a report holds, so that whoever asks often does not load the stores. Default 500 ms. */
  keepMs?: number;
}

/** Without these nothing can be answered. ClickHouse is none: searches go on with the weights that are known. */
const REQUIRED: readonly PartName[] = ['postgres'];

export function createHealth(options: HealthOptions): Health {
  const { clock, keepMs = 500 } = options;
  let isStopping = false;
  let last: { at: number; report: Promise<HealthReport> } | null = null;
  return {
    async report() {
      if (last === null || clock.now() - last.at >= keepMs) last = { at: clock.now(), report: examine(options) };
      const report = await last.report;
      return isStopping ? { ...report, status: 'unavailable', message: 'The server is stopping.' } : report;
    },
    stopping() {
      isStopping = true;
    },
  };
}

async function examine(options: HealthOptions): Promise<HealthReport> {
  const [postgres, clickhouse, embeddings, relay] = await Promise.all([
    partOf(options, 'postgres'),
    partOf(options, 'clickhouse'),
    partOf(options, 'embeddings'),
    partOf(options, 'relay'),
  ]);
  const parts = { postgres, clickhouse, embeddings, relay };
  return { status: statusOf(parts), parts };
}

async function partOf({ checks, consequences, timeoutMs = 2_000 }: HealthOptions, name: PartName): Promise<PartHealth> {
  try {
    const part = await within(Promise.resolve(checks[name]()), timeoutMs);
    return part.status === 'down' ? { message: consequences[name], ...part } : part;
  } catch {
    return { status: 'down', message: consequences[name] };
  }
}

/** Pure. */
function statusOf(parts: HealthReport['parts']): HealthReport['status'] {
  const isRequired = (name: string) => REQUIRED.some((required) => required === name);
  const blocks = ([name, { status }]: [string, PartHealth]) =>
    status === 'starting' || (status === 'down' && isRequired(name));
  if (Object.entries(parts).some(blocks)) return 'unavailable';
  return Object.values(parts).every(({ status }) => status === 'up') ? 'ready' : 'degraded';
}
