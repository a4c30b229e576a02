import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/postgres/database.ts';
import { RolloutCache } from '../../src/rollouts/rollout-cache.ts';
import { RolloutEventFeed } from '../../src/rollouts/rollout-event-feed.ts';
import { createPostgresRolloutStore } from '../../src/rollouts/rollout-store.postgres.ts';
import type { RolloutChange, RolloutStore } from '../../src/rollouts/rollout-store.ts';
import { untouchedRollout, type Rollout, type RolloutEventKind } from '../../src/rollouts/rollout.ts';
import { NotFoundError } from '../../src/shared/errors.ts';
import { createRetriever } from '../fixtures/feedback-loop.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

const at = Date.UTC(2026, 10, 23, 9);

describe.each(testDatabases())('rollouts on $name', ({ open }) => {
  let db: Database;
  let store: RolloutStore;
  let namespaceId: string;
  let retrieverId: string;

  beforeAll(async () => {
    db = await open();
    store = createPostgresRolloutStore(db);
  });
  beforeEach(async () => void ({ namespaceId, retrieverId } = await createRetriever(db)));
  afterAll(() => db.close());

  const event = (kind: RolloutEventKind = 'SETTINGS_CHANGED') => ({
    kind,
    actor: 'key',
    reason: 'why',
    details: { a: 1 },
  });
  const to =
    (next: Partial<Rollout>, change: Partial<RolloutChange> = {}) =>
    (current: Rollout): RolloutChange => ({
      ...{ next: { ...current, ...next }, restarts: true, events: [event()] },
      ...change,
    });
  const change = (make: (current: Rollout) => RolloutChange | null, id = retrieverId, ns = namespaceId) =>
    store.change(ns, id, at, make);

  test('a retriever has an untouched one, until it is changed: then that is what it has', async () => {
    expect(await store.get(namespaceId, [retrieverId])).toEqual([untouchedRollout(retrieverId)]);
    const guardrails = [
      { id: 'g', metric: 'CTR' as const, threshold: 0.1, windowMinutes: 5, minimumSample: 9, action: 'HOLD' as const },
    ];
    const settings = {
      ...{ shadowMode: true, rolloutPct: 12.5, controlPct: 5, staticFusion: 'DBSF' as const },
      ...{ excludedUsers: ['ü', "o'b"], guardrails, held: true, breached: ['g'] },
      killed: { at, actor: 'key', reason: null },
    };
    const written = await change(to(settings));
    expect(written).toEqual({
      ...{ ...untouchedRollout(retrieverId), ...settings },
      ...{ revision: written.revision, comparedFrom: written.revision },
    });
    expect(await store.get(namespaceId, [retrieverId, uuidv7(), 'nonsense'])).toEqual([written]);
  });

  test('only what people change restarts the figures', async () => {
    const first = await change(to({ rolloutPct: 50 }));
    const second = await change(to({ held: true }, { restarts: false }));
    expect(second.revision).toBeGreaterThan(first.revision);
    expect(second.comparedFrom).toBe(first.revision);
  });

  test('a change that changes nothing writes nothing', async () => {
    const before = await change(to({ rolloutPct: 50 }));
    expect(await change(() => null)).toEqual(before);
    expect((await store.events(namespaceId, retrieverId, { limit: 9, after: null })).items).toHaveLength(1);
  });

  test('changes at once are one after the other, and none is lost', async () => {
    const step = () => change((current) => to({ rolloutPct: current.rolloutPct - 1 })(current));
    const written = await Promise.all(Array.from({ length: 8 }, step));
    expect(written.map(({ rolloutPct }) => rolloutPct).sort()).toEqual([92, 93, 94, 95, 96, 97, 98, 99]);
    const byRevision = written.toSorted((one, other) => one.revision - other.revision);
    expect(byRevision.map(({ rolloutPct }) => rolloutPct)).toEqual([99, 98, 97, 96, 95, 94, 93, 92]);
  });

  test('a change that throws leaves everything as it was', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    await expect(change(boom)).rejects.toThrow('boom');
    expect(await store.get(namespaceId, [retrieverId])).toEqual([untouchedRollout(retrieverId)]);
  });

  test('an unknown retriever, a deleted one, and one of another namespace are not there', async () => {
    const other = await createRetriever(db);
    for (const [ns, id] of [
      [namespaceId, uuidv7()],
      [namespaceId, 'nonsense'],
      [namespaceId, other.retrieverId],
    ] as const) {
      await expect(change(to({}), id, ns)).rejects.toThrow(NotFoundError);
      await expect(store.setOptOut(ns, id, 'ann', true, at)).rejects.toThrow(NotFoundError);
    }
    await db.query('update retrievers set deleted_at = now() where id = $1', [retrieverId]);
    await expect(change(to({}))).rejects.toThrow(NotFoundError);
    expect(await store.get(namespaceId, [retrieverId])).toEqual([]);
  });

  test('the audit list is newest first, page by page, and nobody else’s', async () => {
    await change(to({ rolloutPct: 1 }, { events: [event('HOLD_RELEASED'), event('SETTINGS_CHANGED')] }));
    await change(to({ rolloutPct: 2 }, { events: [event('KILLED')] }));
    const first = await store.events(namespaceId, retrieverId, { limit: 2, after: null });
    expect(first).toMatchObject({ hasNextPage: true, items: [{ kind: 'KILLED' }, { kind: 'SETTINGS_CHANGED' }] });
    expect(first.items[0]).toMatchObject({ retrieverId, actor: 'key', reason: 'why', details: { a: 1 }, at });
    const rest = await store.events(namespaceId, retrieverId, { limit: 2, after: first.items[1]!.id });
    expect(rest).toMatchObject({ hasNextPage: false, items: [{ kind: 'HOLD_RELEASED' }] });
    expect((await store.events(uuidv7(), retrieverId, { limit: 2, after: null })).items).toEqual([]);
    expect(await store.revisionOf(retrieverId, rest.items[0]!.id)).toBe(rest.items[0]!.revision);
    expect(await store.revisionOf(uuidv7(), rest.items[0]!.id)).toBeNull();
  });

  test('a rollout with guardrails is looked at by one at a time', async () => {
    const guardrails = [
      { id: 'g', metric: 'CTR' as const, threshold: 0.1, windowMinutes: 5, minimumSample: 9, action: 'WARN' as const },
    ];
    await change(to({ guardrails }));
    const claim = async (now: number) =>
      (await store.claimGuarded(now - 1_000, now)).filter(({ rollout }) => rollout.retrieverId === retrieverId);
    const claims = await Promise.all([claim(at), claim(at), claim(at)]);
    expect(claims.flat()).toHaveLength(1);
    expect(claims.flat()[0]).toMatchObject({ namespaceId, rollout: { guardrails } });
    expect(await claim(at + 999)).toEqual([]);
    expect(await claim(at + 1_000)).toHaveLength(1);
  });

  describe('the copy in memory', () => {
    let now: number;
    const openCache = async (options: { shared?: boolean } = {}) => {
      const clock = { now: () => now };
      const cache = new RolloutCache({ store, clock, logger: silentLogger, shared: true, pollMs: 1e9, ...options });
      await cache.start();
      return cache;
    };
    beforeEach(() => void (now = at));

    test('knows at its start what is stored, and by a refresh what came since', async () => {
      await change(to({ rolloutPct: 10 }));
      await store.setOptOut(namespaceId, retrieverId, 'ann', true, at);
      const cache = await openCache();
      const known = await cache.of(retrieverId);
      expect(known.rollout).toEqual((await store.get(namespaceId, [retrieverId]))[0]);
      expect([known.isOptedOut('ann'), known.isOptedOut('bob'), known.isOptedOut(null)]).toEqual([true, false, false]);
      await change(to({ rolloutPct: 20 }));
      await store.setOptOut(namespaceId, retrieverId, 'ann', false, at);
      await store.setOptOut(namespaceId, retrieverId, 'bob', true, at);
      expect((await cache.of(retrieverId)).rollout.rolloutPct).toBe(10);
      await cache.refresh();
      const later = await cache.of(retrieverId);
      expect(later.rollout.rolloutPct).toBe(20);
      expect([later.isOptedOut('ann'), later.isOptedOut('bob')]).toEqual([false, true]);
      cache.close();
    });

    test('never decides by a copy that is a second old, though no hint and no poll came', async () => {
      const cache = await openCache();
      await change(to({ killed: { at, actor: 'key', reason: null } }));
      now += 900;
      expect((await cache.of(retrieverId)).rollout.killed).toBeNull();
      now += 99;
      expect((await cache.of(retrieverId)).rollout.killed).toMatchObject({ actor: 'key' });
      cache.close();
    });

    test('polls: a change comes to it though nobody tells it', async () => {
      const cache = await openCache({ pollMs: 5 } as never);
      const told = new Promise<string>((resolve) => cache.onChange(resolve));
      await change(to({ rolloutPct: 30 }));
      expect(await told).toBe(retrieverId);
      cache.close();
    });

    test('asks no store where nobody else can change it', async () => {
      const cache = await openCache({ shared: false });
      await change(to({ rolloutPct: 30 }));
      now += 1e9;
      expect((await cache.of(retrieverId)).rollout.rolloutPct).toBe(100);
      cache.close();
    });

    test('its watchers get every event once, in order, from where they were', async () => {
      const cache = await openCache();
      const feed = new RolloutEventFeed({ rollouts: store, cache });
      const old = await change(to({ rolloutPct: 1 }));
      const watching = feed.watch(retrieverId, 0);
      const late = feed.watch(retrieverId, old.revision);
      for (let pct = 2; pct <= 130; pct++)
        await change(to({ rolloutPct: pct % 100 }, { events: [{ ...event(), details: { pct } }] }));
      await cache.refresh();
      const seen: unknown[] = [];
      for (let i = 0; i < 130; i++)
        seen.push(((await watching.next()).value as { details: { pct?: number } }).details.pct);
      expect(seen).toEqual([undefined, ...Array.from({ length: 129 }, (_, index) => index + 2)]);
      expect((await late.next()).value).toMatchObject({ details: { pct: 2 } });
      const pending = watching.next();
      await change(to({ rolloutPct: 7 }));
      await cache.refresh();
      expect((await pending).value).toMatchObject({ kind: 'SETTINGS_CHANGED' });
      const open = watching.next();
      expect(feed.watcherCount).toBe(2);
      await watching.return?.();
      expect(await open).toEqual({ done: true, value: undefined });
      expect(feed.watcherCount).toBe(1);
      feed.close();
      expect(feed.watcherCount).toBe(0);
      cache.close();
    });
  });
});
