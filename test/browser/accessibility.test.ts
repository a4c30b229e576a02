import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../live/rollout-shop.ts';
import { findChromium } from './chromium.ts';
import { startConsole, type TestConsole } from './console.ts';

const chromium = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Fault {
  id: string;
  impact: string;
  where: string[];
}

/** Every fault that axe finds by the rules of WCAG 2.2 AA and good practice. */
async function faultsOf(page: Page): Promise<Fault[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ target }) => target.join(' ')) })))`);
}

interface View {
  name: string;
  address: (retrieverId: string) => string;
  /** Brings the page to where all of it is there. */
  arrive: (page: Page) => Promise<unknown>;
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();
const region = (page: Page, name: string) => page.getByRole('region', { name });

const views: readonly View[] = [
  {
    name: 'the overview',
    address: () => '/',
    arrive: (page) =>
      page
        .getByRole('img', { name: /^Weights: / })
        .first()
        .waitFor(),
  },
  {
    name: 'a retriever',
    address: (id) => `/retrievers/${id}`,
    async arrive(page) {
      await page.locator('path.recharts-area-area').nth(3).waitFor();
      await region(page, 'Audit list').getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'the question before a kill',
    address: (id) => `/retrievers/${id}`,
    async arrive(page) {
      await page.getByRole('button', { name: 'Kill learned fusion' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'the playground',
    address: () => '/playground',
    async arrive(page) {
      await page.getByLabel('Query').fill('winter jacket');
      await page.getByRole('button', { name: 'Search', exact: true }).click();
      await region(page, 'Instead: RRF').getByRole('listitem').first().waitFor();
      await page.getByRole('button', { name: 'Skip: hit 2' }).click();
      await page.getByRole('button', { name: 'Skipped: hit 2' }).waitFor();
      await page.locator('.why summary').first().click();
    },
  },
  {
    name: 'evaluations',
    address: () => '/evaluations',
    arrive: (page) => region(page, 'Compare two').getByRole('heading', { name: 'Of 1 query' }).waitFor(),
  },
  {
    name: 'analytics',
    address: () => '/analytics',
    arrive: (page) => page.locator('path.recharts-rectangle').first().waitFor(),
  },
  {
    name: 'a page that does not exist',
    address: (id) => `/retrievers/${id.replace(/^./, '9')}`,
    arrive: (page) => page.getByText('No such retriever').waitFor(),
  },
];

describe.skipIf(chromium === null)('the console', { timeout: 60_000 }, () => {
  let attune: TestConsole;
  let retrieverId: string;
  beforeAll(async () => {
    attune = await startConsole(chromium!);
    retrieverId = await fill(attune);
  }, 120_000);
  afterAll(() => attune.close());

  /** In a page of its own: one that breaks takes no other with it. */
  async function visit(
    { address, arrive }: View,
    options: Parameters<TestConsole['open']>[1],
    look: (page: Page) => Promise<void>,
  ) {
    const page = await attune.open(address(retrieverId), options);
    page.setDefaultTimeout(20_000);
    try {
      await arrive(page);
      await look(page);
    } finally {
      await page.context().close();
    }
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    describe(`in ${colorScheme}`, () => {
      test.each(views)('$name has no fault that axe finds', async (view) => {
        await visit(view, { colorScheme, reducedMotion: 'reduce' }, async (page) => {
          expect(await faultsOf(page)).toEqual([]);
        });
      });

      test('the sign-in has no fault that axe finds', async () => {
        const stranger = await attune.open('/', { colorScheme, signedIn: false });
        await stranger.getByLabel('API key').waitFor();
        expect(await faultsOf(stranger)).toEqual([]);
        await stranger.context().close();
      });
    });
  }

  test.each(views)('$name is not scrolled sideways where it is 390 pixels wide', async (view) => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    await visit(view, phone, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await faultsOf(page)).toEqual([]);
    });
  });

  test('the keyboard alone goes from the top to a page’s content', async () => {
    const page = await attune.open('/');
    await heading(page, 'Overview');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    await page.context().close();
  });

  test('colours follow the switch, and are kept for the next visit', async () => {
    const page = await attune.open('/', { colorScheme: 'light' });
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await ground();
    await page.getByRole('button', { name: 'Change to light' }).click();
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: 'Change to dark' }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await heading(page, 'Overview');
    expect(await ground()).toBe(dark);
    await page.context().close();
  });
});

/** Something of everything that the pages show. */
async function fill({ shop, attune }: TestConsole): Promise<string> {
  const retrieverId = await shop.createRetriever();
  for (const segment of ['early', 'late', null]) {
    const search = await shop.search(retrieverId, { segment });
    await shop.click(search, 1);
  }
  const change = { retrieverId, excludedUsers: ['a bot'], reason: 'bots do not count' };
  await shop.done('updateRollout', change, '{ rollout { held } }');
  const datasetId = await judge(attune);
  for (const fusion of ['RRF', 'LEARNED']) {
    await shop.done('runEvaluation', { retrieverId, datasetId, fusion }, '{ evaluation { id } }');
  }
  await eventually(async () => {
    const { data } = await attune.ask<Evaluations>('{ evaluations { nodes { status } } }');
    expect(data.evaluations.nodes.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
  });
  return retrieverId;
}

interface Evaluations {
  evaluations: { nodes: { status: string }[] };
}

async function judge({ ask }: TestConsole['attune']): Promise<string> {
  const { data } = await ask<{ createEvaluationDataset: { dataset: { id: string } } }>(
    `mutation ($csv: String!) {
      createEvaluationDataset(input: { name: "by hand", csv: $csv }) {
        ... on EvaluationDatasetPayload { dataset { id } }
      }
    }`,
    { csv: 'query,document_id\nwinter jacket,d0' },
  );
  return data.createEvaluationDataset.dataset.id;
}
