import { defaultAnswerLimits, type AnswerLimits } from '../../schema/context.ts';

/** What one client may ask of the server, the same over HTTP, SSE and WebSocket. An operator sets it: see src/config-limits.ts. */
export interface Limits extends AnswerLimits {
  /** Levels of selection below the operation, introspection excepted. */
  depth: number;
  /** Sum over the fields, lists times their length; see `complexity` in the schema. */
  cost: number;
  aliases: number;
  tokens: number;
  /** Of an HTTP request. */
  bodyBytes: number;
  /** Of a WebSocket message. */
  frameBytes: number;
  /** Operations that are open on one WebSocket. A stream of SSE is one request each. */
  subscriptionsPerConnection: number;
  /** How long an operation may take; a subscription, until it has begun. */
  requestMs: number;
}

export const defaultLimits: Limits = {
  ...defaultAnswerLimits,
  depth: 10,
  cost: 5_000,
  aliases: 15,
  tokens: 1_000,
  bodyBytes: 256 * 1024,
  frameBytes: 128 * 1024,
  subscriptionsPerConnection: 100,
  requestMs: 10_000,
};
