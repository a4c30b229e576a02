import { describe, expect, it } from 'vitest';
import { createExtractorRegistry, parseFeatureAliases } from '../../../src/extractors/registry.ts';
import { OperatorError } from '../../../src/shared/errors.ts';

const mixpeek = 'mixpeek://text_extractor@v1/multilingual_e5_large_instruct_v1';

describe('the extractor registry', () => {
  it('knows the built-in URIs and the one default alias', () => {
    const known = createExtractorRegistry().known();
    expect(known.map(({ featureUri, extractor }) => [featureUri, extractor.name])).toEqual([
      ['attune://text@v1/minilm_l6_v2', 'minilm'],
      ['attune://lexical@v1/bm25', 'bm25'],
      ['attune://ngram@v1/hashed_1024', 'ngram'],
      ['attune://image@v1/things', 'things'],
      ['attune://image@v1/look', 'look'],
      [mixpeek, 'minilm'],
    ]);
  });

  it('hides no model behind an alias: both URIs give the same extractor', () => {
    const registry = createExtractorRegistry();
    expect(registry.resolve(mixpeek)).toBe(registry.resolve('attune://text@v1/minilm_l6_v2'));
    expect(registry.resolve(mixpeek)).toMatchObject({ model: 'all-MiniLM-L6-v2', precision: 'int8', dimensions: 384 });
  });

  it('leaves a URI that it does not know to the caller', () => {
    expect(createExtractorRegistry().resolve('acme://image@v1/clip')).toBeNull();
    expect(createExtractorRegistry().resolve('toString')).toBeNull();
  });

  it('takes aliases from the configuration; null gives a default alias back to the caller', () => {
    const aliases = { 'acme://title@v2/words': 'bm25', [mixpeek]: null } as const;
    const registry = createExtractorRegistry({ aliases });
    expect(registry.resolve('acme://title@v2/words')?.name).toBe('bm25');
    expect(registry.resolve(mixpeek)).toBeNull();
  });

  it('does not let an alias redefine a built-in URI', () => {
    const aliases = { 'attune://lexical@v1/bm25': 'ngram' } as const;
    expect(() => createExtractorRegistry({ aliases })).toThrow(/must not redefine the built-in attune:\/\/lexical/);
  });
});

describe('ATTUNE_FEATURES', () => {
  it('may be absent or blank', () => {
    expect(parseFeatureAliases(null)).toEqual({});
    expect(parseFeatureAliases('  ')).toEqual({});
  });

  it('maps feature URIs to extractors or to none', () => {
    expect(parseFeatureAliases('{"acme://a@v1/x": "ngram", "acme://a@v1/y": null}')).toEqual({
      'acme://a@v1/x': 'ngram',
      'acme://a@v1/y': null,
    });
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /must be a JSON object/],
    ['null', /must be a JSON object/],
    ['"bm25"', /must be a JSON object/],
    ['{"title": "bm25"}', /ATTUNE_FEATURES: featureUri "title" must have the form/],
    [
      '{"acme://a@v1/x": "elser"}',
      /acme:\/\/a@v1\/x must be one of "minilm", "bm25", "ngram", "things", "look", an object that names a provider, or null .* not "elser"/,
    ],
    ['{"acme://a@v1/x": 1}', /not 1\./],
  ])('%s stops the start with a sentence that says what to mend', (json, message) => {
    expect(() => parseFeatureAliases(json)).toThrow(OperatorError);
    expect(() => parseFeatureAliases(json)).toThrow(message);
  });
});
