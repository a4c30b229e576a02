import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asking, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';

const loseWorker = fileURLToPath(new URL('../fixtures/lose-worker.mjs', import.meta.url));

let parent: string;
/** A data directory that has been in use, for tests to copy: making one takes seconds. */
let used: string;
let dataDir: string;
let running: Child[] = [];

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'attune-process-'));
  used = path.join(parent, 'used');
  const first = start({ ATTUNE_DATA_DIR: used });
  await first.says(/Ready/);
  first.signal('SIGINT');
  await first.ended;
});

beforeEach(async () => {
  dataDir = path.join(await mkdtemp(path.join(parent, 'test-')), 'data');
  await cp(used, dataDir, { recursive: true });
});

afterEach(async () => {
  await Promise.all(running.map((child) => child.kill()));
  running = [];
});

afterAll(() => rm(parent, { recursive: true, force: true }));

/** `attune start` with these variables and no others of Attune's. */
function start(env: Record<string, string>, ...nodeOptions: string[]): Child {
  const child = startCommand(['start'], { dataDir, env, nodeOptions });
  running.push(child);
  return child;
}

/** Processes that have the directory of the running test among their arguments: the embedded ClickHouse. */
function childrenLeft(): string[] {
  const all = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  return all.filter((args) => args.includes(dataDir));
}

/** The process ends by itself, with one sentence that matches and nothing else on stderr, and leaves no process behind. */
async function expectRefusal(child: Child, sentence: RegExp): Promise<void> {
  const { code, stderr } = await child.ended;
  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/^attune: [^\n]+\n$/);
  expect(code).toBe(1);
  await expect.poll(childrenLeft).toEqual([]);
}

describe('a server that runs', { timeout: 60_000 }, () => {
  test('ends on Ctrl-C with exit code 0, and no child is left', async () => {
    const server = start({});
    await server.says(/Ready/);
    expect(childrenLeft()).toHaveLength(1);
    server.signal('SIGINT');
    expect(await server.ended).toEqual({ code: 0, stderr: '' });
    expect(childrenLeft()).toEqual([]);
  });

  test('prints a link into the console, with the new key at the first start', async () => {
    const first = start({ ATTUNE_DATA_DIR: path.join(path.dirname(dataDir), 'new'), ATTUNE_ADMIN_KEY: '' });
    const key = /Admin key +(\S+)/.exec(await first.says(/Admin key/))?.[1];
    expect(await first.says(/Console/)).toMatch(new RegExp(`http://127\\.0\\.0\\.1:\\d+/#key=${key}$`));
    const later = start({});
    expect(await later.says(/Console/)).toMatch(/http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test('ends on Ctrl-C also while it starts', async () => {
    const server = start({});
    await server.says(/starting/);
    server.signal('SIGINT');
    expect(await server.ended).toEqual({ code: 0, stderr: '' });
    expect(childrenLeft()).toEqual([]);
  });

  test('ends with exit code 1 and what to do when the embedded database is lost', async () => {
    const server = start({ ATTUNE_LOG_LEVEL: 'silent' }, '--import', loseWorker);
    await server.says(/Ready/);
    server.signal('SIGUSR2');
    await expectRefusal(
      server,
      /The embedded database has stopped \(.*\): restart Attune; what was committed is kept\./,
    );
  });
});

describe('a server that cannot start', { timeout: 60_000 }, () => {
  test('for its configuration names the variable', async () => {
    await expectRefusal(start({ PORT: 'http' }), /PORT must be a port number, 0 to 65535/);
    await expectRefusal(start({ DATABASE_URL: 'mysql://db' }), /DATABASE_URL must be a URL that starts with postgres:/);
  });

  test('for its command line names the help', async () => {
    const child = startCommand(['start', '--shopers'], { dataDir });
    await expectRefusal(child, /unknown option '--shopers'.*--shoppers.*--help/);
  });

  test('on a busy port says so', async () => {
    const other = await holdPort();
    const { port } = other.address() as AddressInfo;
    await expectRefusal(start({ PORT: String(port) }), new RegExp(`Port ${port} on 127.0.0.1 is in use;.* set PORT`));
    other.close();
  });

  test('on a data directory that another process holds names its pid', async () => {
    const holder = start({});
    await holder.says(/Ready/);
    const { code, stderr } = await start({}).ended;
    expect(stderr).toBe(
      `attune: The data directory ${dataDir} is in use by another Attune process (pid ${holder.pid}); stop it or set ATTUNE_DATA_DIR to another folder.\n`,
    );
    expect(code).toBe(1);
  });

  test('on a data directory that cannot be made says why', async () => {
    const file = path.join(parent, 'file');
    await writeFile(file, '');
    await expectRefusal(
      start({ ATTUNE_DATA_DIR: path.join(file, 'data') }),
      /cannot be written \(.*set ATTUNE_DATA_DIR/,
    );
  });

  test('on a broken Postgres directory says what to do', async () => {
    await writeFile(path.join(dataDir, 'postgres/global/pg_control'), 'not what Postgres wrote');
    await expectRefusal(start({}), /The embedded database in .* does not start \(.*\): restore the folder/);
  });

  test('on a broken ClickHouse directory says what to do', async () => {
    await rm(path.join(dataDir, 'clickhouse/data'), { recursive: true });
    await writeFile(path.join(dataDir, 'clickhouse/data'), 'no directory');
    await expectRefusal(start({}), /The embedded ClickHouse in .* did not start: .*; mend that, .*CLICKHOUSE_URL/);
  });

  test('without a server behind DATABASE_URL or CLICKHOUSE_URL names it, and no password', async () => {
    const postgres = start({ DATABASE_URL: 'postgres://me:pass-word@127.0.0.1:1/shop' });
    await expectRefusal(postgres, /Cannot use the Postgres at 127\.0\.0\.1:1\/shop \(.*\): check .*DATABASE_URL/);
    const clickHouse = start({ CLICKHOUSE_URL: 'http://me:pass-word@127.0.0.1:1/shop' });
    await expectRefusal(clickHouse, /ClickHouse at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*; check CLICKHOUSE_URL/);
    for (const child of [postgres, clickHouse]) expect((await child.ended).stderr).not.toContain('pass-word');
  });
});

describe('the demo', { timeout: 120_000 }, () => {
  const demo = { ATTUNE_DEMO: '1' };

  test('that was killed while it was loaded is completed by the next start', async () => {
    const killed = start(demo);
    await killed.says(/52 of 312 products/);
    await killed.kill();
    expect(existsSync(path.join(dataDir, 'demo.loading'))).toBe(true);

    const next = start(demo);
    await next.says(/Ready/);
    expect(await shop(next)).toEqual({
      collections: { nodes: [{ name: 'demo-products', documentCount: 312 }] },
      retrievers: { nodes: [{ retrieverName: 'demo-search' }] },
    });
    expect(existsSync(path.join(dataDir, 'demo.loading'))).toBe(false);
  });

  test('does not keep Ctrl-C waiting until it is loaded', async () => {
    const server = start(demo);
    await server.says(/52 of 312 products/);
    server.signal('SIGINT');
    expect((await server.ended).code).toBe(0);
    expect(server.lines.join('\n')).not.toContain('312 of 312');
  });
});

async function shop(server: Child): Promise<unknown> {
  const { data } = await asking(await urlOf(server))(
    '{ collections { nodes { name documentCount } } retrievers { nodes { retrieverName } } }',
  );
  return data;
}

function holdPort(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
