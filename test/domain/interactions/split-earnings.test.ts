import { expect, test } from 'vitest';
import type { Signal } from '../../../src/interactions/interaction.ts';
import type { Attribute, Earnings } from '../../../src/interactions/outbox.ts';
import { earningsOf, splitContexts } from '../../../src/interactions/split-earnings.ts';
import { executionOf } from '../../fixtures/interaction.ts';

const execution = executionOf(['a', 'b']);
const signal = (documentId: string, trains?: boolean): Signal => ({
  ...{ documentId, type: 'CLICK', durationMs: null, depth: null, occurredAt: null },
  ...(trains !== undefined && { trains }),
});
/** Counts. */
const attribute: Attribute = (_execution, signals) => ({ interactions: signals.length }) as Earnings;

test('what nobody capped is earned in everyone’s eyes alike', () => {
  const earnings = earningsOf(attribute, execution, [signal('a'), signal('b', true)]);
  expect(earnings?.own).toEqual({ interactions: 2 });
  expect(earnings?.common).toBe(earnings?.own);
});

test('what is beyond a cap is earned for the person alone', () => {
  const earnings = earningsOf(attribute, execution, [signal('a'), signal('b', false)]);
  expect(earnings).toEqual({ own: { interactions: 2 }, common: { interactions: 1 } });
});

test.each<[string, Attribute]>([
  ['nothing is earned', () => null],
  [
    'nobody can tell what it has earned for the person',
    (_, signals) => (signals.length === 2 ? null : attribute(_, [])),
  ],
  [
    'nobody can tell what it has earned for the others',
    (_, signals) => (signals.length === 1 ? null : attribute(_, [])),
  ],
])('where %s, there are no earnings', (_which, attribute) => {
  expect(earningsOf(attribute, execution, [signal('a'), signal('b', false)])).toBeNull();
});

test('a person’s own contexts are told from those of many', () => {
  const levels = ['SESSION', 'PERSONAL', 'DEMOGRAPHIC', 'GLOBAL'] as const;
  const [session, personal, demographic, global] = levels.map((level) => ({ level, key: 'x' }));
  expect(splitContexts([global!, personal!, demographic!, session!])).toEqual({
    own: [personal, session],
    common: [global, demographic],
  });
});
