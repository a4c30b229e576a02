import { z } from 'zod';
import { bearer } from './indexed-vectors.ts';
import type { ModelSettings, WireFormat } from './wire-format.ts';

const answerForm = z.object({ embeddings: z.object({ float: z.array(z.array(z.number())) }) });
const inputTypes = { query: 'search_query', document: 'search_document' } as const;

/** `POST {url}/v2/embed`. Source: Cohere API reference, "Embed API (v2)", which takes 96 texts a call. */
export function cohereFormat({ url, model, requestDimensions }: ModelSettings): WireFormat {
  return {
    maxBatch: 96,
    request: (inputs, purpose, credential) => ({
      url: `${url}/v2/embed`,
      headers: bearer(credential),
      body: {
        model,
        texts: inputs,
        input_type: inputTypes[purpose],
        embedding_types: ['float'],
        truncate: 'END',
        ...(requestDimensions !== null && { output_dimension: requestDimensions }),
      },
    }),
    vectors: (answer) => answerForm.parse(answer).embeddings.float,
  };
}
