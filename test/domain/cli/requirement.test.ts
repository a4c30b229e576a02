import { expect, test } from 'vitest';
import { parseRequirement, unmet } from '../../../src/cli/eval/requirement.ts';

test.each([
  ['ndcg@10=0.7', { metric: 'ndcg', k: 10, least: 0.7 }],
  ['MRR@1=.25', { metric: 'mrr', k: 1, least: 0.25 }],
  ['recall@1000=1', { metric: 'recall', k: 1000, least: 1 }],
  ['ndcg@10', null],
  ['ndcg@0=0.5', null],
  ['ndcg@10=7', null],
  ['bleu@10=0.5', null],
  ['toString@10=0.5', null],
])('%s is %o', (text, requirement) => {
  expect(parseRequirement(text)).toEqual(requirement);
});

test('what is reached exactly is reached', () => {
  const metrics = [{ k: 5, ndcg: 0.5, mrr: 0.2, map: 0, precision: 0, recall: 0, f1: 0, judged: 0 }];
  const least = (metric: 'ndcg' | 'mrr', value: number, k = 5) => ({ metric, k, least: value });
  expect(unmet([least('ndcg', 0.5)], metrics)).toEqual([]);
  expect(unmet([least('ndcg', 0.5), least('mrr', 0.21), least('ndcg', 0.1, 6)], metrics)).toEqual([
    'mrr@5 is 0.2000, and must be 0.21 or more.',
    'ndcg@6 is 0.0000, and must be 0.1 or more.',
  ]);
});
