import { Agent, request } from 'node:http';
import { processAdminKey } from '../../fixtures/attune-process.ts';

/** Asks one operation, and waits for the whole answer; over connections that stay open. @throws Error what is wrong */
export type Ask = <Data>(query: string, variables?: object) => Promise<Data>;

/** A client that takes next to no time itself, which fetch does. */
export function apiClient(url: string, connections: number): { ask: Ask; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${processAdminKey}` };
  const post = (body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = request(`${url}/graphql`, {
        ...{ agent, method: 'POST' },
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      outgoing.end(body);
    });
  return {
    async ask<Data>(query: string, variables: object = {}) {
      const answer = JSON.parse(await post(JSON.stringify({ query, variables }))) as { data: Data; errors?: unknown };
      if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    close: () => agent.destroy(),
  };
}

/** A mutation's payload. @throws Error what was refused */
export async function mutate<Payload>(ask: Ask, name: string, input: object, payload: string): Promise<Payload> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const data = await ask<Record<string, Payload & { message?: string }>>(
    `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { ... on ${type}Payload ${payload} ... on Error { message } }
    }`,
    { input },
  );
  const answer = data[name];
  if (answer === undefined || answer.message !== undefined) throw new Error(JSON.stringify(data));
  return answer;
}
