import { z } from 'zod';
import { defaultPageSize } from '../schema/context.ts';
import { defaultMaxInteractions } from './interactions/record-interaction.ts';
import { defaultLimits, type Limits } from './server/limits.ts';

const kB = 1024;

/** One message, whatever is wrong with it. */
function whole(min: number, max: number, unit = ''): z.ZodType<number> {
  const error = `must be a whole number${unit}, ${min} to ${max}`;
  return z.coerce.number({ error }).refine((n) => Number.isInteger(n) && n >= min && n <= max, { error });
}

/** What one client may ask at once; the README's table says it in words. */
export const limitVariables = {
  ATTUNE_MAX_DEPTH: whole(1, 100).default(defaultLimits.depth),
  ATTUNE_MAX_COST: whole(1, 1_000_000).default(defaultLimits.cost),
  ATTUNE_MAX_ALIASES: whole(0, 1_000).default(defaultLimits.aliases),
  ATTUNE_MAX_TOKENS: whole(1, 100_000).default(defaultLimits.tokens),
  ATTUNE_MAX_BODY: whole(1, 65_536, ' of kB').default(defaultLimits.bodyBytes / kB),
  ATTUNE_MAX_FRAME: whole(1, 65_536, ' of kB').default(defaultLimits.frameBytes / kB),
  ATTUNE_MAX_SUBSCRIPTIONS: whole(1, 10_000).default(defaultLimits.subscriptionsPerConnection),
  // who does not say how long a page should be gets as many as that
  ATTUNE_MAX_PAGE: whole(defaultPageSize, 1_000).default(defaultLimits.pageSize),
  ATTUNE_MAX_INTERACTIONS: whole(1, 10_000).default(defaultMaxInteractions),
  ATTUNE_REQUEST_TIMEOUT: whole(1, 600, ' of seconds').default(defaultLimits.requestMs / 1_000),
};

/** What they come to. */
export function limitsIn(values: z.infer<z.ZodObject<typeof limitVariables>>): Limits {
  return {
    depth: values.ATTUNE_MAX_DEPTH,
    cost: values.ATTUNE_MAX_COST,
    aliases: values.ATTUNE_MAX_ALIASES,
    tokens: values.ATTUNE_MAX_TOKENS,
    bodyBytes: values.ATTUNE_MAX_BODY * kB,
    frameBytes: values.ATTUNE_MAX_FRAME * kB,
    subscriptionsPerConnection: values.ATTUNE_MAX_SUBSCRIPTIONS,
    pageSize: values.ATTUNE_MAX_PAGE,
    requestMs: values.ATTUNE_REQUEST_TIMEOUT * 1_000,
  };
}
