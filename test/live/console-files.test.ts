import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './transport-clients.ts';

const page = '<!doctype html><title>Attune</title>';
const script = `console.log(${JSON.stringify('attune '.repeat(100))});`;

describe('the console', () => {
  let directory: string;
  let server: TestServer;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'attune-console-'));
    server = await startTestServer({ consoleDirectory: path.join(directory, 'dist') });
  });
  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('that was not built says how to build it, and is served as soon as it is', async () => {
    const before = await fetch(server.url);
    expect(before.status).toBe(503);
    expect(await before.text()).toContain('npm run build');
    await mkdir(path.join(directory, 'dist', 'assets'), { recursive: true });
    await writeFile(path.join(directory, 'dist', 'assets', 'index-a1b2.js'), script);
    await writeFile(path.join(directory, 'dist', 'index.html'), page);
    await writeFile(path.join(directory, 'secret.js'), 'not for the web');
    const after = await fetch(server.url);
    expect([after.status, await after.text()]).toEqual([200, page]);
  });

  test.each(['/', '/retrievers/01', '/playground', '/evaluations', '/analytics', '/?a=b'])(
    'answers its own address %s with the page, which is asked for anew each time',
    async (address) => {
      const response = await fetch(server.url + address);
      expect(await response.text()).toBe(page);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
    },
  );

  test.each([
    '/else',
    '/retrievers',
    '/retrievers/01/more',
    '/evaluations/01',
    '/index.html',
    '/secret.js',
    '/assets',
    '/graphql/x',
  ])('leaves %s alone', async (address) => {
    const response = await fetch(server.url + address);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/plain']);
  });

  test('keeps files by the hash in their names for good, and sends them compressed', async () => {
    const response = await fetch(`${server.url}/assets/index-a1b2.js`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(script.length);
    expect(await response.text()).toBe(script);
    const plain = await fetch(`${server.url}/assets/index-a1b2.js`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(script);
  });

  test('gives out nothing but its files', async () => {
    for (const name of ['%2e%2e%2fsecret.js', '..%2fsecret.js', 'none.js', 'index-a1b2.js%00']) {
      expect((await fetch(`${server.url}/assets/${name}`)).status, name).toBe(404);
    }
  });

  test('runs no script but its own, and calls no server but this one', async () => {
    const response = await fetch(server.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('answers a HEAD without the body, and takes no POST', async () => {
    const head = await fetch(server.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const sent = await fetch(server.url, { method: 'POST', body: 'x' });
    expect([sent.status, sent.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
