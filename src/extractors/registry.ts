import { DomainError, OperatorError } from '../shared/errors.ts';
import { createBm25 } from './bm25.ts';
import type { Extractor, ExtractorRegistry } from './extractor.ts';
import { parseFeatureUri } from './feature-uri.ts';
import { createEyes, type EyesOptions } from './image/eyes.ts';
import { createLook } from './image/look.ts';
import { createThings } from './image/things.ts';
import { createMiniLm, type MiniLmOptions } from './minilm/minilm.ts';
import { createNgram } from './ngram.ts';
import {
  createProvider,
  parseProviderSettings,
  type ProviderAmbient,
  type ProviderSettings,
} from './providers/provider-config.ts';
import { cacheQueries } from './query-cache.ts';

const extractorNames = ['minilm', 'bm25', 'ngram', 'things', 'look'] as const;
export type ExtractorName = (typeof extractorNames)[number];

/** Feature URI → the extractor that fills it, or the provider's model that does; null: clients send the vectors. */
export type FeatureAliases = Readonly<Record<string, ExtractorName | ProviderSettings | null>>;

export interface ExtractorRegistryConfig {
  /** Laid over the default alias; the built-in URIs are fixed. */
  aliases?: FeatureAliases;
  /** Where providers find their keys. Default: nowhere. */
  providers?: ProviderAmbient;
  miniLm?: MiniLmOptions;
  eyes?: EyesOptions;
}

const builtIn: FeatureAliases = {
  'attune://text@v1/minilm_l6_v2': 'minilm',
  'attune://lexical@v1/bm25': 'bm25',
  'attune://ngram@v1/hashed_1024': 'ngram',
  'attune://image@v1/things': 'things',
  'attune://image@v1/look': 'look',
};

/** A much-used name for "dense text"; the index still records the model that really filled it. */
const defaultAliases: FeatureAliases = {
  'mixpeek://text_extractor@v1/multilingual_e5_large_instruct_v1': 'minilm',
};

const cachedQueries = 1000;

/** @throws OperatorError where an alias redefines a built-in URI, or a provider has no key */
export function createExtractorRegistry(config: ExtractorRegistryConfig = {}): ExtractorRegistry {
  const { aliases = {}, miniLm, eyes: eyesOptions, providers = { env: {}, now: () => 0 } } = config;
  const redefined = Object.keys(aliases).find((uri) => uri in builtIn);
  if (redefined) {
    throw new OperatorError(`ATTUNE_FEATURES must not redefine the built-in ${redefined}: choose another URI.`);
  }
  const minilm = cacheQueries(createMiniLm(miniLm), cachedQueries);
  const eyes = createEyes(eyesOptions);
  const extractors: Record<ExtractorName, Extractor> = {
    minilm,
    bm25: createBm25(),
    ngram: createNgram(),
    things: createThings(minilm, eyes),
    look: createLook(eyes),
  };
  const byUri = new Map<string, Extractor>();
  for (const [uri, name] of Object.entries({ ...builtIn, ...defaultAliases, ...aliases })) {
    if (typeof name === 'string') byUri.set(uri, extractors[name]);
    else if (name !== null) byUri.set(uri, cacheQueries(createProvider(name, providers), cachedQueries));
  }
  return {
    resolve: (featureUri) => byUri.get(featureUri) ?? null,
    known: () => Array.from(byUri, ([featureUri, extractor]) => ({ featureUri, extractor })),
    async close() {
      const all = new Set([...Object.values(extractors), ...byUri.values()]);
      for (const extractor of all) if (extractor.kind === 'vector') await extractor.close();
    },
  };
}

/**
 * Reads ATTUNE_FEATURES: a JSON object of feature URI → `minilm`, `bm25`, `ngram`, `things`, `look`, an object that names a provider's model
 * (see provider-config.ts), or null. Null or blank: no aliases.
 * @throws OperatorError that names the entry at fault
 */
export function parseFeatureAliases(json: string | null): FeatureAliases {
  if (json === null || json.trim() === '') return {};
  const example = '{"acme://titles@v1/exact": "bm25"}';
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new OperatorError(`ATTUNE_FEATURES is not valid JSON; it must be an object such as ${example}.`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new OperatorError(`ATTUNE_FEATURES must be a JSON object such as ${example}.`);
  }
  return Object.fromEntries(Object.entries(parsed).map(([uri, name]) => [checkedUri(uri), checkedEntry(uri, name)]));
}

function checkedUri(uri: string): string {
  try {
    parseFeatureUri(uri, []);
    return uri;
  } catch (cause) {
    if (cause instanceof DomainError) throw new OperatorError(`ATTUNE_FEATURES: ${cause.message}`, { cause });
    throw cause;
  }
}

function checkedEntry(uri: string, name: unknown): FeatureAliases[string] {
  if (typeof name === 'object' && name !== null && !Array.isArray(name)) return parseProviderSettings(uri, name);
  const known = extractorNames.find((candidate) => candidate === name);
  if (known) return known;
  if (name === null) return null;
  const names = extractorNames.map((candidate) => `"${candidate}"`).join(', ');
  throw new OperatorError(
    `ATTUNE_FEATURES: ${uri} must be one of ${names}, an object that names a provider, or null for vectors that clients ` +
      `send, not ${JSON.stringify(name)}.`,
  );
}
