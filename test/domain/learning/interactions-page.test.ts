import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { interactionTypes, isAboutTheList } from '../../../src/interactions/interaction.ts';
import { defaultRewardMap } from '../../../src/learning/reward.ts';

const page = readFileSync(new URL('../../../schema/INTERACTIONS.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| type') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

describe('the page on interactions', () => {
  it('lists every type once, in their order, with its default reward', () => {
    expect(rows.map(([type, reward]) => [type, Number(reward)])).toEqual(Object.entries(defaultRewardMap));
    expect(rows.map(([type]) => type)).toEqual([...interactionTypes]);
  });

  it('says of each what it is about', () => {
    expect(rows.map(([, , , about]) => about)).toEqual(
      interactionTypes.map((type) => (isAboutTheList(type) ? 'the list' : 'the document')),
    );
  });

  it('calls rewards and penalties by the same strength', () => {
    const strengths = new Map(rows.map(([, reward, strength]) => [Math.abs(Number(reward)), strength]));
    expect([...strengths].sort(([one], [other]) => one - other)).toEqual([
      [0, 'none'],
      [0.3, 'very weak'],
      [0.5, 'very weak'],
      [1, 'weak'],
      [1.5, 'medium'],
      [2, 'strong'],
      [3, 'very strong'],
    ]);
    for (const [, reward, strength] of rows) expect(strengths.get(Math.abs(Number(reward)))).toBe(strength);
  });
});
