import { expect, test } from 'vitest';
import { queryFeatures } from '../../../src/learning/query-features.ts';

test.each([
  ['tent', '1', 'no', 'no'],
  ['  family\ttent ', '2', 'no', 'no'],
  ['tent for two', '3', 'no', 'no'],
  ['a tent for two', '4+', 'no', 'no'],
  ['one two three four five', '4+', 'no', 'no'],
  ['tent 4', '2', 'yes', 'no'],
  ['tent ４', '2', 'yes', 'no'],
  ['iphone15', '1', 'yes', 'no'],
  ['"down jacket" red', '3', 'no', 'yes'],
  ['“down”', '1', 'no', 'yes'],
  ['«down»', '1', 'no', 'yes'],
  ['5" screen', '2', 'yes', 'no'],
  ['""', '1', 'no', 'no'],
])('of %j: %s words, digits: %s, quoted: %s', (text, query_words, query_digits, query_quoted) => {
  expect(queryFeatures(text)).toEqual({ query_words, query_digits, query_quoted });
});

test.each(['', ' \n'])('of %j there are none', (text) => {
  expect(queryFeatures(text)).toBeNull();
});
