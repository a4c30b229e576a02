import type { Page, Route } from 'playwright-core';
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
    // a clock that can be put forward, so that nobody has to wait for the page to ask again
    await page.clock.install();
    await page.reload();
    page.setDefaultTimeout(30_000);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 0 interactions.').waitFor();
  }, 120_000);
  afterAll(() => attune.close());

  test('says so, and keeps what it showed and what was typed, also when it asked again in vain', async () => {
    await page.getByLabel('Learned fusion serves 100 %').fill('70');
    await attune.stopServer();
    await page.getByText('Connection lost. Reconnecting').waitFor();
    const refused = page.waitForEvent('requestfailed', (request) => request.method() === 'POST');
    await page.clock.fastForward(16_000);
    await refused;
    await page.getByRole('alert').getByText('Could not load the retriever.').waitFor();
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 0 interactions.').waitFor();
    await page.getByLabel('Learned fusion serves 70 %').waitFor();
  });

  test('comes back by itself, and shows what happened meanwhile', async () => {
    await attune.shop.click(await attune.shop.search(retrieverId));
    await attune.shop.done('killLearnedFusion', { retrieverId, reason: 'while you were away' }, '{ rollout { held } }');
    await attune.startServer();
    await page.getByText('Connection lost. Reconnecting').waitFor({ state: 'detached' });
    await page.getByText('Could not load the retriever.').waitFor({ state: 'detached' });
    await page.getByLabel('Learned fusion serves 70 %').waitFor();
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

  test('does not take what could not be read for what is not there', async () => {
    const fault = { message: 'Postgres is away.', path: ['retriever'], extensions: { code: 'UNAVAILABLE' } };
    const fail = (route: Route) =>
      route.request().postData()?.includes('query Retriever(')
        ? route.fulfill({ json: { data: { retriever: null }, errors: [fault] } })
        : route.continue();
    await page.route('**/graphql', fail);
    await page.reload();
    await page.getByRole('alert').getByText('Postgres is away.').waitFor();
    expect(await page.getByText('No such retriever').count()).toBe(0);
    await page.unroute('**/graphql', fail);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('region', { name: 'Weights now' }).getByText('From 2 interactions.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
