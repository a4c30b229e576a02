import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startConsole, type TestConsole } from './console.ts';

const chromium = findChromium();

describe.skipIf(chromium === null)('a console whose server goes away', { timeout: 60_000 }, () => {
  let attune: TestConsole;
  let page: Page;
  let retrieverId: string;
  beforeAll(async () => {
    attune = await startConsole(chromium!);
    retrieverId = await attune.shop.createRetriever();
    page = await attune.open(`/retrievers/${retrieverId}`);
    page.setDefaultTimeout(30_000);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 0 interactions.').waitFor();
  }, 120_000);
  afterAll(() => attune.close());

  test('says so, and keeps what it showed', async () => {
    await attune.stopServer();
    await page.getByText('Connection lost. Reconnecting').waitFor();
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 0 interactions.').waitFor();
  });

  test('comes back by itself, and shows what happened meanwhile', async () => {
    await attune.shop.click(await attune.shop.search(retrieverId));
    await attune.shop.done('killLearnedFusion', { retrieverId, reason: 'while you were away' }, '{ rollout { held } }');
    await attune.startServer();
    await page.getByText('Connection lost. Reconnecting').waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 1 interaction.').waitFor();
    await page.getByRole('region', { name: 'Audit list' }).getByText('while you were away').waitFor();
    await page.getByRole('button', { name: 'Resume learned fusion' }).waitFor();
  });

  test('is live again: nobody has to load the page', async () => {
    await attune.shop.click(await attune.shop.search(retrieverId), 1);
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 2 interactions.').waitFor();
    const lines = page.getByRole('region', { name: 'Audit list' }).getByText('while you were away');
    expect(await lines.count()).toBe(1);
  });
});
