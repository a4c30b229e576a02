import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, startCommand, urlOf } from '../fixtures/attune-process.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';

describe('the command attune', { timeout: 180_000 }, () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'attune-command-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = startCommand(args, { dataDir });
    const { code, stderr } = await child.ended;
    return { code, stderr, stdout: child.lines.join('\n') };
  }

  test.each([
    [[], /attune start/],
    [['--help'], /demo [^]*start [^]*import [^]*export [^]*eval [^]*key [^]*reconcile [^]*dead-letters/],
    [['demo', '--help'], /--no-shoppers[^]*--data-dir[^]*Examples:/],
    [['start', '--help'], /--shoppers[^]*Examples:/],
    [['import', '--help'], /--collection[^]*Examples:/],
    [['export', '--help'], /documents[^]*judgments[^]*interactions[^]*Examples:/],
    [['eval', '--help'], /--compare[^]*exit code[^]*Examples:/],
    [['key', '--help'], /create[^]*revoke[^]*Examples:/],
    [['reconcile', '--help'], /--repair[^]*missing[^]*Examples:/],
    [['dead-letters', '--help'], /--replay[^]*Examples:/],
  ])('teaches by %j', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(text);
  });

  test.each([
    [['strat'], "attune: unknown command 'strat' (Did you mean start?). See --help.\n"],
    [
      ['key', 'create', 'x', '--scope', 'all'],
      /^attune: option '--scope.*It takes admin, search, interact\. See --help\.\n$/,
    ],
    [['start', '--shoppers', '0'], /^attune: option '--shoppers.*above 0 and up to 100\. See --help\.\n$/],
  ])('says what is wrong with %j in one line', async (args, sentence) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  test('makes keys, lists and revokes them; the stores agree, and no batch was refused', async () => {
    const created = await run('key', 'create', 'shop page', '--scope', 'search', 'interact', '--expires', '30');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const [, id = ''] = /^([0-9a-f-]{36}) {2}attune_[0-9a-f]{12} {2}search,interact {2}shop page {2}until 20/m.exec(
      created.stdout,
    )!;
    const [secret = ''] = /attune_[0-9a-f]{12}_[0-9a-f]{56}/.exec(created.stdout)!;

    const server = startCommand(['start'], { dataDir });
    await server.says(/Ready/);
    const url = await urlOf(server);
    const shop = await createDemoShop({ ask: asking(url), url, adminKey: secret });
    await shop.click();
    const { errors } = await asking(url)('{ retrievers { nodes { id } } }', {}, { authorization: `Bearer ${secret}` });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await run('key', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/in use by another Attune/),
    });
    server.signal('SIGTERM');
    await server.ended;

    expect(await run('reconcile')).toEqual({
      code: 0,
      stderr: '',
      stdout: 'Compared 1 searches and 1 interactions.\nThe stores agree.',
    });
    expect((await run('dead-letters')).stdout).toBe('None.');
    expect((await run('key', 'revoke', id)).stdout).toMatch(/revoked$/);
    const listed = await run('key', 'list');
    expect(listed.stdout).toMatch(new RegExp(`^${id}.*revoked$`));
    expect(listed.stdout).not.toContain(secret);
    expect(await run('key', 'list', '--namespace', 'nowhere')).toMatchObject({
      code: 1,
      stderr: 'attune: There is no namespace nowhere; create it by the mutation createNamespace.\n',
    });
  });
});
