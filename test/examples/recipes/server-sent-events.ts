/** What a subscription sends, over plain HTTP: for where WebSockets are blocked. */
export async function* events<Data>(url: string, key: string, query: string, variables: object): AsyncGenerator<Data> {
  const headers = { 'Content-Type': 'application/json', Accept: 'text/event-stream', Authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('event: complete')) return;
      const line = /^data: (.+)$/m.exec(block)?.[1];
      if (line) yield (JSON.parse(line) as { data: Data }).data;
    }
  }
}
