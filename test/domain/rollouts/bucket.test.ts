import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, type Unit } from '../../../src/rollouts/bucket.ts';
import { decideRollout, trains, unitOf } from '../../../src/rollouts/decide-rollout.ts';
import { untouchedRollout, type Rollout } from '../../../src/rollouts/rollout.ts';

const unit = fc.record<Unit>({ kind: fc.constantFrom('user', 'session', 'search'), id: fc.string() });
const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
const retrieverId = fc.uuid();

describe('buckets', () => {
  test('are 0 to 99.99 in steps of 0.01, and always the same for the same unit', () => {
    fc.assert(
      fc.property(retrieverId, unit, (id, one) => {
        const bucket = bucketOf('rollout', id, one);
        expect(bucket).toBe(bucketOf('rollout', id, { ...one }));
        expect(Math.round(bucket * 100)).toBeCloseTo(bucket * 100, 9);
        expect(bucket).toBeGreaterThanOrEqual(0);
        expect(bucket).toBeLessThan(100);
      }),
    );
  });

  test('are uniform over users, whatever their ids look like', () => {
    for (const nameOf of [
      (n: number) => `user-${n}`,
      (n: number) => String(n),
      (n: number) => 'x'.repeat(n % 97) + n,
    ]) {
      const units = Array.from({ length: 20_000 }, (_, n): Unit => ({ kind: 'user', id: nameOf(n) }));
      const counts = Array.from({ length: 20 }, () => 0);
      for (const one of units) counts[Math.floor(bucketOf('rollout', 'retriever', one) / 5)]! += 1;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
      // the 99.9 % quantile at 19 degrees of freedom
      expect(chiSquare).toBeLessThan(43.8);
    }
  });

  test('of two decisions, and of two retrievers, have nothing to do with each other', () => {
    const users = Array.from({ length: 10_000 }, (_, n): Unit => ({ kind: 'user', id: `u${n}` }));
    const both = (one: (u: Unit) => boolean, other: (u: Unit) => boolean) =>
      users.filter((user) => one(user) && other(user)).length;
    const rolledOut = (user: Unit) => bucketOf('rollout', 'a', user) < 50;
    expect(both(rolledOut, (user) => bucketOf('control', 'a', user) < 50)).toBeGreaterThan(2_300);
    expect(both(rolledOut, (user) => bucketOf('control', 'a', user) < 50)).toBeLessThan(2_700);
    expect(both(rolledOut, (user) => bucketOf('rollout', 'b', user) < 50)).toBeGreaterThan(2_300);
    expect(both(rolledOut, (user) => bucketOf('rollout', 'b', user) < 50)).toBeLessThan(2_700);
  });
});

const nobody = { userId: null, sessionId: null, seed: 'seed' };
const decide = (
  change: Partial<Rollout>,
  subject: Partial<typeof nobody | { userId: string; sessionId: string }> = {},
) => decideRollout({ ...untouchedRollout('r'), ...change }, 'LEARNED', { ...nobody, ...subject }, false);

describe('the decision', () => {
  test('raising rolloutPct takes nobody out, at any control percentage', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), percent, percent, percent, (userId, one, other, controlPct) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const before = decide({ rolloutPct: low, controlPct }, { userId });
        const after = decide({ rolloutPct: high, controlPct }, { userId });
        if (before.arm === 'LEARNED') expect(after.arm).toBe('LEARNED');
        expect(after.bucket).toBe(before.bucket);
      }),
    );
  });

  test('the control group is never served the learned fusion, and only grows with controlPct', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), percent, percent, (userId, rolloutPct, controlPct) => {
        const { arm } = decide({ rolloutPct, controlPct }, { userId });
        const more = decide({ rolloutPct, controlPct: Math.min(100, controlPct + 10) }, { userId });
        if (arm === 'CONTROL') expect(more.arm).toBe('CONTROL');
        if (arm === 'CONTROL') expect(decide({ rolloutPct: 100, controlPct }, { userId }).arm).toBe('CONTROL');
      }),
    );
  });

  test('untouched, everyone is served the learned fusion; at 0 % nobody is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (userId) => {
        expect(decide({}, { userId })).toMatchObject({ arm: 'LEARNED', reason: 'ROLLED_OUT', revision: 0 });
        expect(decide({ rolloutPct: 0 }, { userId })).toMatchObject({ arm: 'STATIC', reason: 'NOT_ROLLED_OUT' });
        expect(decide({ controlPct: 100 }, { userId })).toMatchObject({ arm: 'CONTROL', reason: 'CONTROL_GROUP' });
      }),
    );
  });

  test('a tenth of users is served at 10 %, give or take chance', () => {
    const served = Array.from({ length: 20_000 }, (_, n) => decide({ rolloutPct: 10 }, { userId: `u${n}` }));
    const share = served.filter(({ arm }) => arm === 'LEARNED').length / served.length;
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.11);
  });

  test('sticks to the user, else to the session, else to the search', () => {
    expect(unitOf({ userId: 'u', sessionId: 's', seed: 'x' })).toEqual({ kind: 'user', id: 'u' });
    expect(unitOf({ userId: null, sessionId: 's', seed: 'x' })).toEqual({ kind: 'session', id: 's' });
    expect(unitOf({ userId: null, sessionId: null, seed: 'x' })).toEqual({ kind: 'search', id: 'x' });
  });

  const killed = { at: 1, actor: 'k', reason: null };
  test.each([
    ['the kill switch', { killed, rolloutPct: 100 }, { arm: 'STATIC', reason: 'KILLED' }],
    ['the kill switch over shadow mode', { killed, shadowMode: true }, { arm: 'STATIC', reason: 'KILLED' }],
    ['an excluded user', { excludedUsers: ['ann'] }, { arm: 'STATIC', reason: 'EXCLUDED_USER' }],
    ['an excluded user while killed', { killed, excludedUsers: ['ann'] }, { reason: 'EXCLUDED_USER' }],
    ['shadow mode', { shadowMode: true }, { arm: 'SHADOW', reason: 'SHADOW_MODE' }],
    ['shadow mode over the control group', { shadowMode: true, controlPct: 100 }, { arm: 'SHADOW' }],
  ] as const)('%s decides', (_name, change, expected) => {
    expect(decide(change as Partial<Rollout>, { userId: 'ann' })).toMatchObject(expected);
  });

  test('a static retriever is served as it is, and shadowed where it is asked for', () => {
    const rollout = untouchedRollout('r');
    const of = (change: Partial<Rollout>) => decideRollout({ ...rollout, ...change }, 'DBSF', nobody, false);
    expect(of({})).toMatchObject({ arm: 'STATIC', reason: 'STATIC_RETRIEVER' });
    expect(of({ killed })).toMatchObject({ arm: 'STATIC', reason: 'STATIC_RETRIEVER' });
    expect(of({ shadowMode: true })).toMatchObject({ arm: 'SHADOW', reason: 'SHADOW_MODE' });
    expect(of({ shadowMode: true, killed })).toMatchObject({ arm: 'STATIC', reason: 'STATIC_RETRIEVER' });
  });

  test('who opted out, or is excluded, trains nothing, also while the fusion is killed', () => {
    const rollout = { ...untouchedRollout('r'), killed };
    const optedOut = decideRollout(rollout, 'LEARNED', { ...nobody, userId: 'ann' }, true);
    expect(optedOut).toMatchObject({ arm: 'STATIC', reason: 'OPTED_OUT' });
    expect(trains(optedOut)).toBe(false);
    expect(trains(decide({ excludedUsers: ['ann'] }, { userId: 'ann' }))).toBe(false);
    expect(trains(decide({ killed }, { userId: 'ann' }))).toBe(true);
    expect(trains(decide({ controlPct: 100 }, { userId: 'ann' }))).toBe(true);
  });
});
