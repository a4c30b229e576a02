import { bearer, indexedVectors } from './indexed-vectors.ts';
import type { ModelSettings, WireFormat } from './wire-format.ts';

/** `POST {url}/v1/embeddings` with the purpose as `input_type`. Source: Voyage AI API reference, "Text embedding models". */
export function voyageFormat({ url, model, requestDimensions }: ModelSettings): WireFormat {
  return {
    maxBatch: 128,
    request: (inputs, purpose, credential) => ({
      url: `${url}/v1/embeddings`,
      headers: bearer(credential),
      body: {
        model,
        input: inputs,
        input_type: purpose,
        truncation: true,
        ...(requestDimensions !== null && { output_dimension: requestDimensions }),
      },
    }),
    vectors: indexedVectors,
  };
}
