import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildClient } from '../../src/client/build.mjs';
import { startServer, type RunningServer } from '../../src/server.ts';
import { startAttune, testAdminKey, type RunningAttune } from '../fixtures/attune.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { root } from '../fixtures/source-tree.ts';
import { eventually, shopOn } from '../live/rollout-shop.ts';
import { findChromium, launch } from './chromium.ts';

const chromium = findChromium();

/** The page is a shop's, with a key for pages, and Attune is another origin to it. */
describe.skipIf(chromium === null)('a page with the client', { timeout: 60_000 }, () => {
  let attune: RunningAttune;
  let server: RunningServer;
  let browser: Browser;
  let directory: string;
  let pages: Server;
  let address: string;
  let userId: string;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'attune-client-'));
    const clientFile = path.join(directory, 'client.js');
    pages = createServer((request, response) => {
      const asked =
        request.url === '/' ? readFile(path.join(root, 'src/client/example.html')) : Promise.resolve('gone');
      void asked.then((html) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(html));
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const shopOrigin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    [attune, browser] = await Promise.all([startAttune(), launch(chromium!), buildClient(clientFile)]);
    const { app, health, metrics } = attune.attune;
    server = await startServer({
      ...{ app, health, metrics, port: 0, host: '127.0.0.1', logger: silentLogger },
      ...{ clientFile, corsOrigins: [shopOrigin] },
    });
    const shop = shopOn(attune);
    const retriever = await shop.createRetriever();
    const { secret: key } = await shop.done<{ secret: string }>(
      'createApiKey',
      { name: 'page', scopes: ['SEARCH', 'INTERACT'], allowedOrigins: [shopOrigin] },
      '{ secret }',
    );
    address = `${shopOrigin}/#${new URLSearchParams({ attune: server.url, retriever, key }).toString()}`;
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    userId = await page.evaluate(
      () => (globalThis as unknown as { localStorage: { visitor: string } }).localStorage.visitor,
    );
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await attune.close();
    pages.close();
    await rm(directory, { recursive: true, force: true });
  });

  const interactions = async (): Promise<number> => {
    const query = 'query ($userId: String) { interactions(filter: { userId: $userId }) { nodes { id } } }';
    const { data } = await attune.ask<{ interactions: { nodes: unknown[] } }>(query, { userId });
    return data.interactions.nodes.length;
  };
  const search = async (query: string) => {
    await page.getByRole('searchbox').fill(query);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('listitem').first().waitFor();
  };
  const weights = () => page.getByRole('status').textContent();

  test('searches, tracks clicks, and shows the weights that they move', async () => {
    await search('winter jacket');
    expect(await page.getByRole('listitem').count()).toBeGreaterThan(1);
    expect(await weights()).not.toContain('PERSONAL');
    await page.getByRole('link').first().click();
    await eventually(async () => expect(await weights()).toContain('PERSONAL, 1 interactions'));
    expect(await page.getByRole('alert').textContent()).toBe('');
    expect(complaints).toEqual([]);
  });

  test('loses no click of a page that is left at once', async () => {
    // without the hits of the search before, whose clicks are counted already
    await page.reload();
    await search('jacket');
    const before = await interactions();
    // within the time that a batch is collected
    await page.evaluate(() => {
      const { document, location } = globalThis as unknown as {
        document: { querySelector(selector: string): { click(): void } };
        location: { assign(url: string): void };
      };
      document.querySelector('#hits a').click();
      location.assign('/gone');
    });
    await page.waitForURL('**/gone');
    await eventually(async () => expect(await interactions()).toBe(before + 1));
  });

  test('says what is wrong with a key, in place of weights and hits', async () => {
    const other = await browser.newPage();
    await other.goto(address.replace(/key=[^&]*/, 'key=atn_wrong'));
    const alert = other.getByRole('alert');
    await eventually(async () => expect(await alert.textContent()).toContain('UNAUTHENTICATED'));
    await other.close();
  });

  test('of React shows the hits of what was typed last, and whose weights apply', async () => {
    const { outputFiles } = await build({
      ...{ entryPoints: [path.join(root, 'test/browser/react-app.ts')], write: false, bundle: true, format: 'iife' },
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    const hash = address.split('#')[1]!.replace(/key=[^&]*/, `key=${testAdminKey}`);
    const react = await browser.newPage();
    await react.goto(`${server.url}/health/live#${hash}`);
    await react.addScriptTag({ content: outputFiles[0]!.text });
    await eventually(async () => expect(await react.getByRole('status').textContent()).toMatch(/^[A-Z]+$/));
    await react.getByRole('searchbox').pressSequentially('winter jacket');
    await react.getByRole('listitem').first().waitFor();
    expect(await react.getByRole('alert').textContent()).toBe('');
    await react.close();
  });
});
