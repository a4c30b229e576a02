import { ValidationError } from '../shared/errors.ts';

/** The parts of `scheme://extractor@version/output`. */
export interface FeatureUri {
  scheme: string;
  extractor: string;
  version: string;
  output: string;
}

const maxLength = 200;
const form = /^([a-z][a-z0-9+.-]*):\/\/([\w.-]+)@([\w.-]+)\/([\w.-]+)$/;

/**
 * @param path of the input field that holds the URI
 * @throws ValidationError INVALID_FEATURE_URI
 */
export function parseFeatureUri(uri: string, path: readonly (string | number)[]): FeatureUri {
  const [, scheme, extractor, version, output] = uri.length <= maxLength ? (form.exec(uri) ?? []) : [];
  if (!scheme || !extractor || !version || !output) {
    const shown = uri.length <= 80 ? uri : `${uri.slice(0, 80)}…`;
    throw new ValidationError(
      `featureUri "${shown}" must have the form scheme://extractor@version/output, such as ` +
        `attune://text@v1/minilm_l6_v2: letters, digits, "_", "." and "-", at most ${maxLength} characters.`,
      'INVALID_FEATURE_URI',
      path,
    );
  }
  return { scheme, extractor, version, output };
}
