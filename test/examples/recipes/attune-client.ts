import { createClient, interactionFromResult } from '../../../src/client/client.ts';

/** In a page: `import { createClient, interactionFromResult } from 'http://127.0.0.1:4000/client.js'`. */
export async function searchAndClick(url: string, key: string, retrieverId: string, query: string): Promise<string> {
  const attune = createClient({ url, key });
  const result = await attune.search({ retrieverId, userId: 'ana', inputs: { query } });
  attune.track(interactionFromResult(result, 0)); // when the hit is clicked; sent with others
  await attune.flush(); // in a page, leaving it does
  attune.close();
  return result.executionId;
}
