import { z } from 'zod';
import { bearer } from './indexed-vectors.ts';
import { isPicture, type ModelSettings, type WireFormat } from './wire-format.ts';

const vector = z.array(z.number());
const answerForm = z.object({
  predictions: z.array(z.object({ textEmbedding: vector.optional(), imageEmbedding: vector.optional() })),
});

/**
 * `POST {url}/models/{model}:predict`, of which `url` ends with `/publishers/google`: texts and pictures in one space, one
 * input a call. Source: Google Cloud, Vertex AI, "Multimodal embeddings API".
 */
export function vertexFormat({ url, model, requestDimensions }: ModelSettings): WireFormat {
  return {
    maxBatch: 1,
    request: (inputs, _purpose, credential) => ({
      url: `${url}/models/${model}:predict`,
      headers: bearer(credential),
      body: {
        instances: inputs.map((input) => (isPicture(input) ? { image: picture(input) } : { text: input })),
        ...(requestDimensions !== null && { parameters: { dimension: requestDimensions } }),
      },
    }),
    vectors: (answer) =>
      answerForm.parse(answer).predictions.map(({ textEmbedding, imageEmbedding }) => {
        const found = imageEmbedding ?? textEmbedding;
        if (found === undefined) throw new Error('a prediction holds no embedding');
        return found;
      }),
  };
}

function picture(input: string): { gcsUri: string } | { bytesBase64Encoded: string } {
  return input.startsWith('gs://') ? { gcsUri: input } : { bytesBase64Encoded: input.slice(input.indexOf(',') + 1) };
}
