import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedClickHouse } from '../../src/clickhouse/embedded-clickhouse.ts';
import { silentLogger } from '../fixtures/clickhouse.ts';

const holder = fileURLToPath(new URL('../fixtures/hold-clickhouse.ts', import.meta.url));

describe('the process of the embedded ClickHouse', () => {
  let directory: string;
  let parent: ChildProcess;
  let lines: AsyncIterator<string>;
  let engine: { pid: number; url: string };

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'attune-faults-'));
    // a group of its own, as a shell gives to what it runs in the foreground
    parent = spawn(process.execPath, ['--import', 'tsx', holder, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    lines = createInterface({ input: parent.stdout! })[Symbol.asyncIterator]();
    engine = JSON.parse((await lines.next()).value as string) as typeof engine;
  });
  afterEach(async () => {
    parent.kill('SIGKILL');
    await gone(engine.pid);
    await rm(directory, { recursive: true, force: true });
  });

  test('ends when its parent is killed, and leaves the directory to the next', async () => {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const next = await startEmbeddedClickHouse({ directory, logger: silentLogger });
    await gone(engine.pid);
    expect(isAlive(next.pid)).toBe(true);
    await next.stop();
  });

  test('outlives Ctrl-C in the terminal, so that its parent can still write what it holds', async () => {
    process.kill(-parent.pid!, 'SIGINT');
    expect((await lines.next()).value).toBe('SIGINT');
    const { origin, username, password } = new URL(engine.url);
    const answer = await fetch(`${origin}/?query=SELECT%2042`, {
      headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
    });
    expect(await answer.text()).toBe('42\n');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until there is no such process; the test's own time limit says when that takes too long. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(10);
}
