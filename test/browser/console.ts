import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startServer, type RunningServer } from '../../src/server.ts';
import { startAttune, testAdminKey, type RunningAttune } from '../fixtures/attune.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { shopOn } from '../live/rollout-shop.ts';
import { launch } from './chromium.ts';

export interface TestConsole {
  attune: RunningAttune;
  /** Collections, retrievers, searches and clicks by the API, without the console. */
  shop: ReturnType<typeof shopOn>;
  url: string;
  /** What went wrong in any page, and what it asked of other servers. */
  complaints: string[];
  /** A page of a fresh browser profile. @param signedIn by default with the admin key */
  open(address: string, options?: BrowserContextOptions & { signedIn?: boolean }): Promise<Page>;
  /** The server goes away, as in an update, and comes back at the same address. */
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  close(): Promise<void>;
}

/** The console as it stands in the sources, built and served by a real server to a real browser. */
export async function startConsole(executablePath: string): Promise<TestConsole> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-console-'));
  const [attune, browser] = await Promise.all([startAttune(), launch(executablePath), buildConsole(directory)]);
  const { app, health, metrics } = attune.attune;
  const serve = (port: number) =>
    startServer({
      ...{ app, health, metrics, logger: silentLogger },
      ...{ port, host: '127.0.0.1', consoleDirectory: directory },
    });
  let server: RunningServer = await serve(0);
  const { url } = server;
  const complaints: string[] = [];
  return {
    attune,
    shop: shopOn(attune),
    url,
    complaints,
    open: (address, options = {}) => openPage(browser, { url, complaints }, address, options),
    stopServer: () => server.close(),
    async startServer() {
      server = await serve(Number(new URL(url).port));
    },
    async close() {
      await browser.close();
      await server.close();
      await attune.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const vite = path.join(path.dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
const config = fileURLToPath(new URL('../../src/console/vite.config.ts', import.meta.url));

/** As `npm run build` does, in a process of its own: in this one React would be built for tests. */
async function buildConsole(directory: string): Promise<void> {
  const args = [vite, 'build', '--config', config, '--logLevel', 'error', '--outDir', directory, '--emptyOutDir'];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_ENV: 'production' } });
}

async function openPage(
  browser: Browser,
  { url, complaints }: Pick<TestConsole, 'url' | 'complaints'>,
  address: string,
  { signedIn = true, ...options }: BrowserContextOptions & { signedIn?: boolean },
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${url}${address}${signedIn ? `#key=${testAdminKey}` : ''}`);
  return page;
}
