import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { loadDemo, startShoppers } from '../../src/demo/start-demo.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { findChromium } from './chromium.ts';
import { startConsole, type TestConsole } from './console.ts';

/** The README's pictures: the console on the demo, while simulated shoppers search it. `npm run screenshots` */
const folder = path.join(import.meta.dirname, 'screenshots');
const largestBytes = 200_000;

const chromium = findChromium();
if (chromium === null) process.exit(1);
const running = await startConsole(chromium);
const shopping = new AbortController();
try {
  await mkdir(folder, { recursive: true });
  const retrieverId = await fillDemo(running, shopping.signal);
  await takeAll(running, retrieverId);
} finally {
  shopping.abort();
  await running.close();
}

/** Half of the users see learned fusion, so that there is something to compare with. */
async function fillDemo({ attune, shop }: TestConsole, signal: AbortSignal): Promise<string> {
  const { app, defaultNamespace } = attune.attune;
  const given = { rng: seededRng('screenshots'), clock: systemClock, logger: silentLogger };
  await loadDemo(app, defaultNamespace.id, { onProgress: () => undefined, signal });
  const retrieverId = await startShoppers(app, defaultNamespace.id, { ...given, ratePerSecond: 50, signal });
  const change = { retrieverId, rolloutPct: 50, reason: 'half of the shop first' };
  await shop.done('updateRollout', change, '{ rollout { held } }');
  await searched(attune, retrieverId, 600);
  await shop.done('updateRollout', { retrieverId, rolloutPct: 80, reason: 'it pays' }, '{ rollout { held } }');
  return retrieverId;
}

async function searched({ ask }: TestConsole['attune'], retrieverId: string, atLeast: number): Promise<void> {
  for (;;) {
    const { data } = await ask<{ retrieverPerformance: { searches: number } }>(
      'query ($id: ID!) { retrieverPerformance(retrieverId: $id) { searches } }',
      { id: retrieverId },
    );
    if (data.retrieverPerformance.searches >= atLeast) return;
    await sleep(500);
  }
}

async function takeAll({ open, url }: TestConsole, retrieverId: string): Promise<void> {
  const light = await open('/', { colorScheme: 'light' });
  const dark = await open('/', { colorScheme: 'dark' });
  await light
    .getByRole('img', { name: /^Weights: / })
    .first()
    .waitFor();
  // the label is there before its figure
  await light.locator('.tile dd').filter({ hasText: '%' }).first().waitFor();
  await take(light, 'overview');
  for (const page of [light, dark]) await page.goto(`${url}/retrievers/${retrieverId}`);
  for (const page of [light, dark]) await page.locator('path.recharts-area-area').nth(3).waitFor();
  // the densities narrow from where they were, and the weights have a past
  await sleep(20_000);
  await take(light, 'retriever');
  await take(dark, 'retriever-dark');
  await light.goto(`${url}/playground`);
  await search(light);
  await take(light, 'playground');
  await light.goto(`${url}/evaluations`);
  await evaluate(light);
  await take(light, 'evaluations');
  await dark.goto(`${url}/analytics`);
  await dark.locator('path.recharts-rectangle').first().waitFor();
  await take(dark, 'analytics-dark');
  const phone = await open(`/retrievers/${retrieverId}`, {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await phone.locator('path.recharts-area-area').nth(3).waitFor();
  await sleep(5_000);
  await take(phone, 'phone');
}

async function search(page: Page): Promise<void> {
  await page.getByLabel('Query').fill('trail kettle for boiling water');
  await page.getByLabel('User id').fill('gearhead-01');
  await page.getByLabel('Segment').fill('gearheads');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page
    .getByRole('region', { name: /^Instead: / })
    .getByRole('listitem')
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Click: hit 1', exact: true }).click();
  await page.getByRole('button', { name: 'Clicked: hit 1', exact: true }).waitFor();
  await sleep(1_000);
}

async function evaluate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Judge by clicks' }).click();
  await page.getByText(/queries with \d+ judgments/).waitFor();
  for (const fusion of ['RRF', '']) {
    await page.getByLabel('Fusion').selectOption(fusion);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page
      .getByRole('row', { name: fusion === '' ? /^demo-search version/ : /as RRF/ })
      .getByText('Completed')
      .waitFor();
  }
  await page.getByRole('heading', { name: 'Queries that changed most' }).waitFor();
  await page.evaluate(`document.querySelector('.runs').closest('section').scrollIntoView()`);
}

async function take(page: Page, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file });
  const { size } = await stat(file);
  if (size > largestBytes) throw new Error(`${name}.png has ${size} bytes: more than ${largestBytes}.`);
  process.stdout.write(`${name}.png ${Math.round(size / 1000)} kB\n`);
}
