import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { eventually, rolloutPayload, shopOn, userPayload, type Rollout, type Search } from './rollout-shop.ts';
import { connect, subscribe } from './transport-clients.ts';

describe('a rollout', () => {
  let attune: RunningAttune;
  let shop: ReturnType<typeof shopOn>;

  beforeAll(async () => {
    attune = await startAttune();
    shop = shopOn(attune);
  });
  afterAll(() => attune.close());

  test('untouched, everyone is served as without it, and every search says so', async () => {
    const learned = await shop.createRetriever();
    expect(await shop.search(learned, { userId: 'ann' })).toMatchObject({
      ...{ fusion: 'LEARNED', shadow: null, rollout: { arm: 'LEARNED', reason: 'ROLLED_OUT' } },
    });
    expect(await shop.search(learned)).toMatchObject({ rollout: { arm: 'LEARNED', reason: 'ROLLED_OUT' } });
    const fixed = await shop.createRetriever({}, 'DBSF');
    expect(await shop.search(fixed)).toMatchObject({
      ...{ fusion: 'DBSF', rollout: { arm: 'STATIC', reason: 'STATIC_RETRIEVER' } },
    });
  });

  test('of half, with a control group, is sticky and told with the search', async () => {
    const id = await shop.createRetriever();
    await shop.done('updateRollout', { retrieverId: id, rolloutPct: 50, controlPct: 20 }, rolloutPayload);
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}`);
    const first = await Promise.all(users.map((userId) => shop.search(id, { userId })));
    const again = await Promise.all(users.map((userId) => shop.search(id, { userId, sessionId: 's' })));
    expect(again.map(({ rollout }) => rollout)).toEqual(first.map(({ rollout }) => rollout));
    expect(new Set(first.map(({ rollout }) => rollout.arm))).toEqual(new Set(['LEARNED', 'STATIC', 'CONTROL']));
    for (const { fusion, rollout } of first) {
      expect(fusion).toBe(rollout.arm === 'LEARNED' ? 'LEARNED' : 'RRF');
      if (rollout.arm !== 'CONTROL') expect(rollout.arm === 'LEARNED').toBe(rollout.bucket < 50);
    }
    const { data } = await attune.ask<{ execution: Search }>(
      'query ($id: ID!) { execution(executionId: $id) { rollout { arm bucket reason } } }',
      { id: first[0]!.executionId },
    );
    expect(data.execution.rollout).toEqual(first[0]!.rollout);
    await eventually(async () => {
      const { data: ratio } = await attune.ask<{ retriever: { rollout: { sampleRatio: { units: number } } } }>(
        'query ($id: ID!) { retriever(id: $id) { rollout { sampleRatio { units warning arms { arm expected observed } } } } }',
        { id },
      );
      expect(ratio.retriever.rollout.sampleRatio).toMatchObject({ units: 40, warning: null });
    });
  });

  test('learningConfig and updateRollout set the same things', async () => {
    const id = await shop.createRetriever({ shadowMode: true, rolloutPct: 25, excludedUsers: ['eve'] });
    expect(await shop.rolloutOf(id)).toMatchObject({ shadowMode: true, rolloutPct: 25, excludedUsers: ['eve'] });
    await shop.done('updateRollout', { retrieverId: id, rolloutPct: 75, shadowMode: false }, rolloutPayload);
    expect(await shop.rolloutOf(id)).toMatchObject({ shadowMode: false, rolloutPct: 75, excludedUsers: ['eve'] });
    const update = (learningConfig: object) =>
      shop.tell(
        'updateRetriever',
        { retrieverId: id, stages: shop.stages(learningConfig) },
        '{ retriever { version } }',
      );
    await update({ rolloutPct: 0 });
    expect(await shop.rolloutOf(id)).toMatchObject({ rolloutPct: 0, excludedUsers: ['eve'] });
    await update({});
    expect(await shop.rolloutOf(id)).toMatchObject({ rolloutPct: 0 });
    expect(await shop.search(id, { userId: 'ann' })).toMatchObject({ rollout: { reason: 'NOT_ROLLED_OUT' } });
    expect(await shop.search(id, { userId: 'eve' })).toMatchObject({ rollout: { reason: 'EXCLUDED_USER' } });
    const refused = await update({ rolloutPct: 101 });
    expect(refused).toMatchObject({ __typename: 'ValidationError', code: 'INVALID_ROLLOUT_PCT' });
    expect(refused.path).toEqual(['input', 'stages', '0', 'featureSearch', 'learningConfig', 'rolloutPct']);
    // what is refused for another reason leaves the rollout as it was
    await shop.createRetriever({}, 'RRF', 'another');
    const taken = await shop.tell(
      'updateRetriever',
      { retrieverId: id, retrieverName: 'another', stages: shop.stages({ rolloutPct: 50 }) },
      '{ retriever { version } }',
    );
    expect(taken).toMatchObject({ __typename: 'ConflictError', code: 'RETRIEVER_NAME_TAKEN' });
    expect(await shop.rolloutOf(id)).toMatchObject({ rolloutPct: 0 });
    expect(await update({ rolloutPct: 50, minInteractions: 0 })).toMatchObject({ __typename: 'ValidationError' });
    expect(await shop.rolloutOf(id)).toMatchObject({ rolloutPct: 0 });
  });

  test('a kill serves the static fusion at once; who, when and why are in the audit list, and on the subscription', async () => {
    const id = await shop.createRetriever();
    const client = connect(attune, { connectionParams: { authorization: `Bearer ${attune.adminKey}` } });
    const watch = 'subscription ($id: ID!) { rolloutEvents(retrieverId: $id) { kind reason at } }';
    const { events, ended } = subscribe(client, watch, { id });
    await eventually(() => expect(attune.attune.stats().watchers).toBe(1));
    const kill = { retrieverId: id, reason: 'odd results' };
    const { rollout } = await shop.done<{ rollout: Rollout }>('killLearnedFusion', kill, rolloutPayload);
    expect(rollout.killed).toMatchObject({ reason: 'odd results', actor: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(await shop.search(id)).toMatchObject({ fusion: 'RRF', rollout: { arm: 'STATIC', reason: 'KILLED' } });
    await shop.done('killLearnedFusion', kill, rolloutPayload);
    await shop.done('resumeLearnedFusion', { retrieverId: id, reason: 'mended' }, rolloutPayload);
    expect(await shop.search(id)).toMatchObject({ fusion: 'LEARNED', rollout: { arm: 'LEARNED' } });
    expect(await shop.eventsOf(id)).toMatchObject([
      { kind: 'RESUMED', reason: 'mended', actor: rollout.killed!.actor },
      { kind: 'KILLED', reason: 'odd results', actor: rollout.killed!.actor },
    ]);
    await eventually(() =>
      expect(events.map(({ data }) => data?.['rolloutEvents'])).toMatchObject([
        { kind: 'KILLED' },
        { kind: 'RESUMED' },
      ]),
    );
    await shop.done('deleteRetriever', { retrieverId: id }, '{ deletedId }');
    expect(await ended).toBeNull();
    await eventually(() => expect(attune.attune.stats().watchers).toBe(0));
    await client.dispose();
  });

  test('shadow mode serves and explains the static ranking, and reports how the learned one would have done', async () => {
    const id = await shop.createRetriever();
    await shop.click(await shop.search(id, { userId: 'ann' }));
    await eventually(async () => expect((await shop.interactionsLearned(id)).interactions).toBe(1));
    await shop.done('updateRollout', { retrieverId: id, shadowMode: true }, rolloutPayload);
    const shadowed = await shop.search(id, { userId: 'ann' });
    expect(shadowed).toMatchObject({ fusion: 'RRF', contextLevel: null, rollout: { arm: 'SHADOW' } });
    expect(shadowed.shadow?.documentIds.toSorted()).toEqual(['d0', 'd1', 'd2']);
    const fixed = await shop.createRetriever({}, 'RRF');
    expect(shadowed.hits).toEqual((await shop.search(fixed)).hits);
    await shop.click(shadowed, 1);
    const clicked = shadowed.hits[1]!.documentId;
    await eventually(async () => {
      const { data } = await attune.ask<{ retriever: { rollout: { shadowReport: unknown } } }>(
        `query ($id: ID!) { retriever(id: $id) { rollout { shadowReport {
          searches overlapAt10 clicks { clicks alsoInShadow servedPosition shadowPosition } } } } }`,
        { id },
      );
      expect(data.retriever.rollout.shadowReport).toEqual({
        ...{ searches: 1, overlapAt10: 1 },
        clicks: {
          ...{ clicks: 1, alsoInShadow: 1, servedPosition: 1 },
          shadowPosition: shadowed.shadow!.documentIds.indexOf(clicked),
        },
      });
    });
  });

  test('a user who opts out is served the static fusion and teaches nothing, until they opt in', async () => {
    const id = await shop.createRetriever();
    const user = { retrieverId: id, userId: 'ann' };
    expect(await shop.done('optOutUser', user, userPayload)).toMatchObject({ optedOut: true });
    const search = await shop.search(id, { userId: 'ann' });
    expect(search).toMatchObject({ fusion: 'RRF', rollout: { arm: 'STATIC', reason: 'OPTED_OUT' } });
    expect(await shop.search(id, { userId: 'bob' })).toMatchObject({ rollout: { arm: 'LEARNED' } });
    await shop.click(search);
    await shop.click(await shop.search(id, { userId: 'bob' }));
    await eventually(async () => expect((await shop.interactionsLearned(id)).interactions).toBe(1));
    expect(await shop.interactionsLearned(id, 'ann')).toMatchObject({ contextLevel: 'GLOBAL', interactions: 1 });
    expect(await shop.done('optInUser', user, userPayload)).toMatchObject({ optedOut: false });
    expect(await shop.search(id, { userId: 'ann' })).toMatchObject({ rollout: { arm: 'LEARNED' } });
  });

  test('preferences are reset, and a user’s data deleted, over the public API', async () => {
    const id = await shop.createRetriever();
    await shop.click(await shop.search(id, { userId: 'kim' }));
    await eventually(async () =>
      expect(await shop.interactionsLearned(id, 'kim')).toMatchObject({ contextLevel: 'PERSONAL' }),
    );
    const user = { retrieverId: id, userId: 'kim' };
    expect(await shop.done('resetPreferences', user, userPayload)).toMatchObject({
      ...{ complete: true, optedOut: false, removed: { posteriors: 1 } },
    });
    await eventually(async () =>
      expect(await shop.interactionsLearned(id, 'kim')).toMatchObject({ contextLevel: 'GLOBAL', interactions: 1 }),
    );
    expect(await shop.search(id, { userId: 'kim' })).toMatchObject({ contextLevel: 'GLOBAL' });
    await shop.done('optOutUser', user, userPayload);
    const spelt = { ...user, retrieverId: id.toUpperCase() };
    expect(await shop.done('resetPreferences', spelt, userPayload)).toMatchObject({ optedOut: true });
    const rows = '{ interactions executions posteriors }';
    const deleted = await shop.done(
      'deleteUserData',
      { userId: 'kim' },
      `{ complete removed ${rows} remaining ${rows} }`,
    );
    expect(deleted).toMatchObject({
      ...{ complete: true, removed: { interactions: 1, executions: 2 } },
      remaining: { interactions: 0, executions: 0, posteriors: 0 },
    });
    const { data } = await attune.ask<{ interactions: { nodes: unknown[] } }>(
      '{ interactions(filter: { userId: "kim" }) { nodes { id } } }',
    );
    expect(data.interactions.nodes).toEqual([]);
  });

  test('a guardrail that is breached rolls back by itself, once, and holds what it says', async () => {
    const id = await shop.createRetriever();
    const guardrail = (action: string) => ({
      metric: 'ctr',
      threshold: 0.5,
      windowMinutes: 5,
      minimumSample: 3,
      action,
    });
    await shop.done(
      'updateRollout',
      { retrieverId: id, rolloutPct: 80, guardrails: [guardrail('HOLD'), guardrail('ROLL_BACK')] },
      rolloutPayload,
    );
    const users = Array.from({ length: 12 }, (_, n) => `user-${n}`);
    await Promise.all(users.map((userId) => shop.search(id, { userId })));
    await eventually(async () => expect((await shop.rolloutOf(id)).killed).not.toBeNull());
    expect(await shop.search(id, { userId: 'user-1' })).toMatchObject({ rollout: { reason: 'KILLED' } });
    const events = await shop.eventsOf(id);
    expect(events.map(({ kind }) => kind)).toEqual(['GUARDRAIL_ROLLED_BACK', 'GUARDRAIL_HELD', 'SETTINGS_CHANGED']);
    expect(events[0]).toMatchObject({ actor: 'guardrail', details: { metric: 'CTR', value: 0, threshold: 0.5 } });
    const raise = (more: object) =>
      shop.tell('updateRollout', { retrieverId: id, rolloutPct: 90, ...more }, rolloutPayload);
    expect(await raise({})).toMatchObject({ __typename: 'ConflictError', code: 'ROLLOUT_HELD' });
    expect(await raise({ releaseHold: true })).toMatchObject({ rollout: { rolloutPct: 90, held: false } });
  });

  test.each([
    ['updateRollout', { rolloutPct: -1 }, 'INVALID_ROLLOUT_PCT', ['input', 'rolloutPct']],
    ['updateRollout', { rolloutPct: 101 }, 'INVALID_ROLLOUT_PCT', ['input', 'rolloutPct']],
    ['updateRollout', { controlPct: 100.5 }, 'INVALID_CONTROL_PCT', ['input', 'controlPct']],
    [
      'updateRollout',
      { guardrails: [{ metric: 'JOY', threshold: 1 }] },
      'UNKNOWN_METRIC',
      ['input', 'guardrails', '0', 'metric'],
    ],
    ['killLearnedFusion', { retrieverId: 'nonsense' }, 'RETRIEVER_NOT_FOUND', ['input', 'retrieverId']],
    ['optOutUser', { userId: '' }, 'INVALID_USER_ID', ['input', 'userId']],
    ['resetPreferences', { userId: 'a', retrieverId: 'nonsense' }, 'RETRIEVER_NOT_FOUND', ['input', 'retrieverId']],
    ['deleteUserData', { userId: 'x'.repeat(300), retrieverId: undefined }, 'INVALID_USER_ID', ['input', 'userId']],
  ] as const)('%s of %j is refused by name', async (mutation, input, code, at) => {
    const retrieverId = await shop.createRetriever();
    const payload = { optOutUser: userPayload, resetPreferences: userPayload, deleteUserData: '{ complete }' };
    const answer = await shop.tell(
      mutation,
      { retrieverId, ...input },
      (payload as Record<string, string>)[mutation] ?? rolloutPayload,
    );
    expect(answer).toMatchObject({ code, path: at });
    expect(answer.message.length).toBeGreaterThan(20);
  });
});

test('a kill survives a restart', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-rollout-'));
  const start = () => startAttune({ ATTUNE_DATA_DIR: directory, ATTUNE_DEMO: '0' });
  const before = await start();
  const shop = shopOn(before);
  const id = await shop.createRetriever();
  await shop.done('killLearnedFusion', { retrieverId: id }, rolloutPayload);
  await before.close();
  const after = await start();
  expect(await shop.search(id, {}, after)).toMatchObject({ fusion: 'RRF', rollout: { reason: 'KILLED' } });
  await after.close();
  await rm(directory, { recursive: true, force: true });
});
