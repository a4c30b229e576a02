import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EMBEDDED_USER } from './embedded-config.ts';

const SCRIPT = fileURLToPath(new URL('./chdb-server.mjs', import.meta.url));
const POLL_MS = 15;
const PROBE_TIMEOUT_MS = 1_000;
const STDERR_KEPT = 8_192;

export interface ChdbProcessOptions {
  library: string;
  dataDirectory: string;
  configFile: string;
  password: string;
  port: number;
}

/** How a child ended, in words that fit after "It": "ended with exit code 1: Cannot lock file …". */
export interface ChdbExit {
  description: string;
  /** The last thing that the engine said; '' where it said nothing. */
  lastWords: string;
}

/** One run of the child process that serves ClickHouse over HTTP. */
export interface ChdbProcess {
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<ChdbExit>;
  /** Asks it to end, and ends it for good after the grace. */
  stop(graceMs: number): Promise<void>;
}

export function spawnChdb(options: ChdbProcessOptions): ChdbProcess {
  const { library, dataDirectory, port, configFile } = options;
  const child = spawn(process.execPath, [SCRIPT, library, dataDirectory, String(port), configFile], {
    // its stdin closes when this process ends, however it ends, and that ends the child
    stdio: ['pipe', 'ignore', 'pipe'],
    // a group of its own: Ctrl-C in a terminal must reach this process only, which still has to write what it holds
    detached: true,
  });
  child.stdin?.on('error', () => {});
  const exited = watchExit(child);
  return {
    pid: child.pid ?? -1,
    exited,
    async stop(graceMs) {
      child.kill('SIGTERM');
      const grace = new AbortController();
      await Promise.race([exited, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function watchExit(child: ChildProcess): Promise<ChdbExit> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  return new Promise((resolve) => {
    const end = (description: string) => {
      const lastWords = complaintIn(stderr);
      resolve({ description: lastWords === '' ? description : `${description}: ${lastWords}`, lastWords });
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    // "close" comes after "exit", once stderr has been read to its end
    child.once('close', (code, signal) => end(signal ? `was killed by ${signal}` : `ended with exit code ${code}`));
  });
}

/** The engine's exception if it threw one (hints and a stack may follow it), else the last line. */
function complaintIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '');
  return said.findLast((line) => line.includes('DB::Exception')) ?? said.at(-1) ?? '';
}

/**
 * Waits until the child answers with the password that only it knows, so that another program on the port is not
 * taken for it. Returns the engine's version; null where it did not answer in time or has ended.
 */
export async function awaitReady(
  chdb: ChdbProcess,
  { port, password }: ChdbProcessOptions,
  timeoutMs: number,
): Promise<string | null> {
  const deadline = performance.now() + timeoutMs;
  let ended = false;
  void chdb.exited.then(() => (ended = true));
  while (!ended && performance.now() < deadline) {
    const version = await probe(port, password);
    if (version !== null) return version;
    await sleep(POLL_MS);
  }
  return null;
}

async function probe(port: number, password: string): Promise<string | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/?query=SELECT%20version()`, {
      headers: { 'X-ClickHouse-User': EMBEDDED_USER, 'X-ClickHouse-Key': password },
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const text = await response.text();
    return response.ok ? text.trim() : null;
  } catch {
    return null;
  }
}

/** A TCP port of the loopback interface that nothing listens on right now. */
export function pickPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
