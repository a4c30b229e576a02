import { bearer, indexedVectors } from './indexed-vectors.ts';
import { isPicture, type ModelSettings, type WireFormat } from './wire-format.ts';

const tasks = { query: 'retrieval.query', document: 'retrieval.passage' } as const;

/**
 * `POST {url}/v1/embeddings` with the purpose as `task`. CLIP models take pictures beside texts. Source: Jina AI API
 * reference, "Embeddings".
 */
export function jinaFormat({ url, model, requestDimensions }: ModelSettings): WireFormat {
  const isClip = model.includes('clip');
  return {
    maxBatch: isClip ? 32 : 128,
    request: (inputs, purpose, credential) => ({
      url: `${url}/v1/embeddings`,
      headers: bearer(credential),
      body: {
        model,
        input: isClip ? inputs.map(clipInput) : inputs,
        embedding_type: 'float',
        truncate: true,
        // a CLIP model knows a task for text queries alone
        ...((!isClip || (purpose === 'query' && !inputs.some(isPicture))) && { task: tasks[purpose] }),
        ...(requestDimensions !== null && { dimensions: requestDimensions }),
      },
    }),
    vectors: indexedVectors,
  };
}

function clipInput(input: string): { image: string } | { text: string } {
  return isPicture(input) ? { image: input.replace(/^data:[^,]*,/, '') } : { text: input };
}
