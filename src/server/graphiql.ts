import type { GraphiQLOptions } from 'graphql-yoga';
import { headers, tabs } from './graphiql-tabs.ts';

export const graphiqlOptions: GraphiQLOptions = {
  title: 'Attune',
  defaultQuery: tabs[0]?.query ?? '',
  headers,
  defaultHeaders: headers,
  defaultTabs: [...tabs],
  defaultEditorToolsVisibility: 'headers',
  // the WebSocket client of GraphiQL sends no headers; SSE does
  subscriptionsProtocol: 'SSE',
};

/** In its place, where it could show nothing. @param why the reason, as the end of a sentence */
export function withoutGraphiql(why: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Attune</title>
<h1>GraphiQL is off</h1><p>The API is here, but GraphiQL is off: ${why}.</p></html>`;
}

/** GraphiQL leaves tabs shifted after its first layout, so that each jumps away from under its first click. */
const tabsStay = '<style>.graphiql-tab { transform: none !important; }</style>';

let page: Promise<string> | null = null;

/** The page with all its scripts inside: it works without the internet. 9 MB, so it is loaded when first asked for. */
export function renderGraphiql(options: GraphiQLOptions): Promise<string> {
  page ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) =>
    renderGraphiQL(options).replace('</head>', () => `${tabsStay}</head>`),
  );
  return page;
}
