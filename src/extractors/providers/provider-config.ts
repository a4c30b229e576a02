import { z } from 'zod';
import { OperatorError } from '../../shared/errors.ts';
import type { VectorExtractor } from '../extractor.ts';
import { cohereFormat } from './cohere-format.ts';
import { jinaFormat } from './jina-format.ts';
import { openAiFormat } from './openai-format.ts';
import { createProviderExtractor } from './provider-extractor.ts';
import { vertexFormat } from './vertex-format.ts';
import { metadataTokens } from './vertex-token.ts';
import { voyageFormat } from './voyage-format.ts';
import type { ModelSettings, WireFormat } from './wire-format.ts';

const PROVIDERS = {
  openai: { url: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  cohere: { url: 'https://api.cohere.com', keyVariable: 'COHERE_API_KEY' },
  voyage: { url: 'https://api.voyageai.com', keyVariable: 'VOYAGE_API_KEY' },
  jina: { url: 'https://api.jina.ai', keyVariable: 'JINA_API_KEY' },
  vertex: { url: null, keyVariable: 'VERTEX_ACCESS_TOKEN' },
} as const;

type ProviderName = keyof typeof PROVIDERS;

/** An entry of ATTUNE_FEATURES that names a model behind an API. */
const settingsForm = z.strictObject({
  provider: z.enum(['openai', 'cohere', 'voyage', 'jina', 'vertex']),
  model: z.string().min(1).max(200),
  dimensions: z.number().int().min(1).max(4_000),
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** The environment variable with the key; the key itself does not belong here. */
  keyVariable: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, { error: 'must be the name of an environment variable' })
    .optional(),
  /** Ask the model to shorten its vectors to `dimensions`. */
  requestDimensions: z.boolean().default(false),
  queryPrefix: z.string().max(500).default(''),
  documentPrefix: z.string().max(500).default(''),
  timeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  requestsPerMinute: z.number().int().min(1).max(1_000_000).optional(),
});

export type ProviderSettings = z.infer<typeof settingsForm>;

/** @throws OperatorError that names the entry and what it must be */
export function parseProviderSettings(featureUri: string, entry: object): ProviderSettings {
  const parsed = settingsForm.safeParse(entry);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
    throw new OperatorError(`ATTUNE_FEATURES: ${featureUri} is not valid: ${faults.join('; ')}.`);
  }
  if (parsed.data.provider === 'vertex' && parsed.data.url === undefined) {
    throw new OperatorError(
      `ATTUNE_FEATURES: ${featureUri} needs url for vertex: https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/google.`,
    );
  }
  return parsed.data;
}

/** What providers need of the process. */
export interface ProviderAmbient {
  env: Readonly<Record<string, string | undefined>>;
  now: () => number;
  /** Before the first retry of a call. Default 250 ms. */
  backoffMs?: number;
  /** For all that is done to embed a query. Default 4 s. */
  queryBudgetMs?: number;
}

/** @throws OperatorError where a key is needed and its variable is empty */
export function createProvider(settings: ProviderSettings, ambient: ProviderAmbient): VectorExtractor {
  const { provider, model, dimensions, timeoutMs } = settings;
  const keyVariable = settings.keyVariable ?? PROVIDERS[provider].keyVariable;
  return createProviderExtractor({
    ...{ provider, model, dimensions, timeoutMs, keyVariable },
    format: formatOf(settings),
    credential: credentialOf(settings, keyVariable, ambient),
    requestsPerMinute: settings.requestsPerMinute ?? null,
    ...(ambient.backoffMs !== undefined && { backoffMs: ambient.backoffMs }),
    ...(ambient.queryBudgetMs !== undefined && { queryBudgetMs: ambient.queryBudgetMs }),
  });
}

function formatOf(settings: ProviderSettings): WireFormat {
  const { provider, model, dimensions, requestDimensions, queryPrefix, documentPrefix } = settings;
  const url = (settings.url ?? PROVIDERS[provider].url ?? '').replace(/\/+$/, '');
  const common: ModelSettings = { url, model, requestDimensions: requestDimensions ? dimensions : null };
  switch (provider) {
    case 'openai':
      return openAiFormat(common, { query: queryPrefix, document: documentPrefix });
    case 'cohere':
      return cohereFormat(common);
    case 'voyage':
      return voyageFormat(common);
    case 'jina':
      return jinaFormat(common);
    case 'vertex':
      return vertexFormat(common);
  }
}

/** A server of one's own may want no key; on Google's machines the metadata server gives tokens. */
function credentialOf(
  { provider, url, model }: ProviderSettings,
  keyVariable: string,
  { env, now }: ProviderAmbient,
): () => Promise<string> {
  const key = env[keyVariable] ?? '';
  if (key !== '') return () => Promise.resolve(key);
  if (provider === 'vertex') return metadataTokens(env['GCE_METADATA_HOST'] ?? 'metadata.google.internal', now);
  if (url !== undefined) return () => Promise.resolve('');
  throw new OperatorError(
    `Set ${keyVariable} to a key of ${name(provider)}: ATTUNE_FEATURES names its model ${model}.`,
  );
}

const name = (provider: ProviderName) => provider[0]?.toUpperCase() + provider.slice(1);
