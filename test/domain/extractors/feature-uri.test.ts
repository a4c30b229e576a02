import { describe, expect, it } from 'vitest';
import { parseFeatureUri } from '../../../src/extractors/feature-uri.ts';
import { ValidationError } from '../../../src/shared/errors.ts';

describe('a feature URI', () => {
  it.each([
    ['attune://text@v1/minilm_l6_v2', ['attune', 'text', 'v1', 'minilm_l6_v2']],
    [
      'mixpeek://text_extractor@v1/multilingual_e5_large_instruct_v1',
      ['mixpeek', 'text_extractor', 'v1', 'multilingual_e5_large_instruct_v1'],
    ],
    ['acme+x://img-2@2026.1/clip.b32', ['acme+x', 'img-2', '2026.1', 'clip.b32']],
  ])('%s has a scheme, an extractor, a version and an output', (uri, [scheme, extractor, version, output]) => {
    expect(parseFeatureUri(uri, [])).toEqual({ scheme, extractor, version, output });
  });

  it.each([
    '',
    'bm25',
    'attune://text/minilm',
    'attune://text@v1',
    'attune://text@v1/',
    'attune://@v1/x',
    'attune://text@v1/a/b',
    'attune://text@v1/a b',
    'attune://text@v1/a\n',
    'Attune://text@v1/x',
    `attune://text@v1/${'x'.repeat(184)}`,
  ])('%j is refused, with the form to use', (uri) => {
    const path = ['input', 'features', 0, 'featureUri'];
    const parse = () => parseFeatureUri(uri, path);
    expect(parse).toThrow(ValidationError);
    expect(parse).toThrow(/scheme:\/\/extractor@version\/output/);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'INVALID_FEATURE_URI', path: ['input', 'features', '0', 'featureUri'] }),
    );
  });

  it('may be 200 characters long, and its error quotes no more than 80 of a longer one', () => {
    const prefix = 'attune://text@v1/';
    expect(() => parseFeatureUri(prefix + 'x'.repeat(200 - prefix.length), [])).not.toThrow();
    expect(() => parseFeatureUri('x'.repeat(10_000), [])).toThrow(/^.{1,400}$/);
  });
});
