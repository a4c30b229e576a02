/** What one client may ask of the server, the same over HTTP, SSE and WebSocket. */
export const limits = {
  /** Levels of selection below the operation, introspection excepted. */
  depth: 10,
  /** Sum over the fields, lists times their length; see `complexity` in the schema. */
  cost: 5_000,
  aliases: 15,
  tokens: 1_000,
  bodyBytes: 256 * 1024,
  frameBytes: 128 * 1024,
  subscriptionsPerConnection: 100,
  requestMs: 10_000,
} as const;
