import { bearer, indexedVectors } from './indexed-vectors.ts';
import type { ModelSettings, WireFormat } from './wire-format.ts';

/**
 * `POST {url}/embeddings`: OpenAI, and Ollama, vLLM and TEI, which speak the same. Models such as E5 and nomic-embed want a
 * word before each text that says what it is for. Source: OpenAI API reference, "Create embeddings".
 */
export function openAiFormat(
  settings: ModelSettings,
  prefixes: { query: string; document: string } = { query: '', document: '' },
): WireFormat {
  const { url, model, requestDimensions } = settings;
  return {
    maxBatch: 128,
    request: (inputs, purpose, credential) => ({
      url: `${url}/embeddings`,
      headers: bearer(credential),
      body: {
        model,
        input: inputs.map((input) => prefixes[purpose] + input),
        encoding_format: 'float',
        ...(requestDimensions !== null && { dimensions: requestDimensions }),
      },
    }),
    vectors: indexedVectors,
  };
}
