import { describe, expect, it } from 'vitest';
import { createRequestTurns } from '../../../src/extractors/providers/request-turns.ts';

describe('turns of requests', () => {
  it('come in the order in which they are wanted', async () => {
    const turns = createRequestTurns(1, 20);
    const taken: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        expect(await turns.take(Infinity)).toBe(true);
        taken.push(name);
      }),
    );
    expect(taken).toEqual(['a', 'b', 'c']);
  });

  it('are given up by those who are late, who take none from those behind them', async () => {
    const turns = createRequestTurns(1, 200);
    expect(await turns.take(1)).toBe(true);
    const taken = await Promise.all(Array.from({ length: 1_000 }, () => turns.take(1)));
    expect(taken).toContain(false);
    // a thousand turns later would be too late for the test
    expect(await turns.take(Infinity)).toBe(true);
  });
});
