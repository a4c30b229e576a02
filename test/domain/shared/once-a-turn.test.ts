import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { onceATurn } from '../../../src/shared/once-a-turn.ts';

function counted() {
  let count = 0;
  const shared = onceATurn(
    async (question: { name: string }) => {
      if (question.name === 'bad') throw new Error('refused');
      return `${question.name} ${++count}`;
    },
    ({ name }) => name,
  );
  return shared;
}

test('who asks the same in one turn gets the same answer, and later another', async () => {
  const shared = counted();
  const first = [shared.ask({ name: 'a' }), shared.ask({ name: 'b' }), shared.ask({ name: 'a' })];
  expect(await Promise.all(first)).toEqual(['a 1', 'b 2', 'a 1']);
  await turn();
  await turn();
  expect(await shared.ask({ name: 'a' })).toBe('a 3');
});

test('what is forgotten is asked anew in the same turn', async () => {
  const shared = counted();
  const before = shared.ask({ name: 'a' });
  shared.forget();
  expect(await Promise.all([before, shared.ask({ name: 'a' })])).toEqual(['a 1', 'a 2']);
});

test('a refusal is shared as well', async () => {
  const shared = counted();
  const outcomes = await Promise.allSettled([shared.ask({ name: 'bad' }), shared.ask({ name: 'bad' })]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
