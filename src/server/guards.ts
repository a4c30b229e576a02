/** What an operator decides of who may ask how much. See the README's table of variables. */
export interface Guards {
  /** Operations a minute on this server, over HTTP, SSE and WebSocket together; 0: no limit. */
  ratePerAddress: number;
  ratePerKey: number;
  /** How many reverse proxies stand before the server, each of which appends to X-Forwarded-For; 0: the header is not believed. */
  trustedProxies: number;
}

/** More than one server of this kind can answer: who never sees a limit runs into none. */
export const defaultGuards: Guards = { ratePerAddress: 120_000, ratePerKey: 120_000, trustedProxies: 0 };
