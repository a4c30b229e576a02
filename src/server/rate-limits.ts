import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Caller } from '../access/caller.ts';
import type { Guards } from './guards.ts';

const minuteSeconds = 60;

/** Counts operations a minute, in this process: several servers each let as many in. */
export interface RateLimits {
  /** Before anything else is done for an operation. @throws GraphQLError RATE_LIMITED */
  countAddress(address: string | null): Promise<void>;
  /** When it is known who asks. @throws GraphQLError RATE_LIMITED */
  countKey(caller: Pick<Caller, 'keyId' | 'rateLimitPerMinute'>): Promise<void>;
}

export function createRateLimits({
  ratePerAddress,
  ratePerKey,
}: Pick<Guards, 'ratePerAddress' | 'ratePerKey'>): RateLimits {
  // what is allowed differs from key to key, so the limiters only count
  const addresses = new RateLimiterMemory({ points: 0, duration: minuteSeconds });
  const keys = new RateLimiterMemory({ points: 0, duration: minuteSeconds });
  return {
    async countAddress(address) {
      if (address !== null) await count(addresses, address, ratePerAddress, 'address');
    },
    async countKey({ keyId, rateLimitPerMinute }) {
      await count(keys, keyId, lower(rateLimitPerMinute ?? 0, ratePerKey), 'API key');
    },
  };
}

/** Counts the operations of HTTP and SSE before their bodies are read; those of a WebSocket it counts itself. */
export function countAddresses(
  countAddress: (request: IncomingMessage) => Promise<void>,
): Plugin<object, { req?: IncomingMessage }> {
  return {
    async onRequestParse({ serverContext: { req } }) {
      if (req !== undefined) await countAddress(req);
    },
  };
}

/** 0 is no limit. */
function lower(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
}

/** Counts what is refused too: who does not wait stays out. */
async function count(counted: RateLimiterMemory, key: string, allowed: number, whose: string): Promise<void> {
  if (allowed === 0) return;
  const { consumedPoints, msBeforeNext } = await counted.penalty(key);
  if (consumedPoints <= allowed) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  throw new GraphQLError(
    `This ${whose} has asked for more than ${allowed} operations in a minute; try again in ${retryAfterSeconds} s, or send several things in one operation.`,
    {
      extensions: {
        code: 'RATE_LIMITED',
        retryAfterSeconds,
        http: { status: 429, headers: { 'Retry-After': String(retryAfterSeconds) } },
      },
    },
  );
}
