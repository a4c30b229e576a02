import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { defaultRewardMap } from '../learning/reward.ts';
import type { Interaction, InteractionType } from './interaction.ts';

/** How much one client may feed into the weights of everyone within a window. */
export interface LearningCaps {
  /** Clicks that a user, a session or an address may always bring; 0: no caps at all. */
  clicksPerClient: number;
  /**
   * And as many clicks as this share of the lists that the retriever has learned from. With a thousandth, no client moves
   * a global mean by more than one point (0.01) once there are `clicksPerClient / share` lists: measured on the worst lists and
   * types, where all other feedback is noise, so that nothing holds the weights.
   */
  share: number;
  /**
   * As `clicksPerClient`, of the users and sessions that a server of the operator's own names: it knows who they are. The
   * one point then holds from `clicksPerTrustedUser / share` lists on.
   */
  clicksPerTrustedUser: number;
  /** Clicks that a key may bring which is no server's own: every visitor of a page shares it. 0: no cap. */
  clicksPerKey: number;
  windowHours: number;
}

export const defaultLearningCaps: LearningCaps = {
  clicksPerClient: 5,
  share: 0.001,
  clicksPerTrustedUser: 500,
  clicksPerKey: 100_000,
  windowHours: 24,
};

/** Where an event came from. */
export interface Client {
  keyId: string;
  /** Null: unknown. */
  address: string | null;
  /** A server of the operator's own speaks for many people: its key and address are not capped, the users it names are. */
  isTrusted: boolean;
}

/** A keyed hash of who it is, of a kind such as `user`. */
export type SubjectOf = (kind: string, value: string) => string;

/** What an event takes from what its client may bring. */
export interface LearningClaim {
  windowStart: number;
  retrieverId: string;
  /** One of them used up is enough; what is allowed is in the unit of `cost`. */
  subjects: readonly { subject: string; allowed: number }[];
  /** In fifths of a click, from 1. */
  cost: number;
}

const FIFTHS = 5;
const HOUR_MS = 3_600_000;

/**
 * @param subjectOf names who it is by what is stored
 * @param listsLearned of the retriever, which decides how much one client matters
 * @returns null where the event trains nothing or its client is not capped
 */
export function learningClaim(
  event: Pick<Interaction, 'executionId' | 'retrieverId' | 'userId' | 'sessionId' | 'interactionTypes' | 'receivedAt'>,
  client: Client,
  { caps, subjectOf, listsLearned }: { caps: LearningCaps; subjectOf: SubjectOf; listsLearned: number },
): LearningClaim | null {
  const { executionId, retrieverId, userId, sessionId } = event;
  if (caps.clicksPerClient === 0 || executionId === null || retrieverId === null) return null;
  const always = client.isTrusted ? caps.clicksPerTrustedUser : caps.clicksPerClient;
  const ofClient = FIFTHS * Math.max(always, caps.share * listsLearned);
  const named: [kind: string, value: string | null, allowed: number][] = [
    ['user', userId, ofClient],
    ['session', sessionId, ofClient],
    ['address', client.isTrusted ? null : client.address, ofClient],
    ['key', client.isTrusted || caps.clicksPerKey === 0 ? null : client.keyId, FIFTHS * caps.clicksPerKey],
  ];
  const subjects = named.flatMap(([kind, value, allowed]) =>
    value === null ? [] : [{ subject: subjectOf(kind, value), allowed }],
  );
  if (subjects.length === 0) return null;
  const windowMs = caps.windowHours * HOUR_MS;
  return {
    windowStart: Math.floor(event.receivedAt / windowMs) * windowMs,
    retrieverId,
    subjects,
    cost: event.interactionTypes.reduce((sum, type) => sum + costOf(type), 0),
  };
}

/** What moves weights further costs more; a look costs a fifth of a click. */
function costOf(type: InteractionType): number {
  return type === 'VIEW' ? 1 : Math.ceil(FIFTHS * Math.max(1, Math.abs(defaultRewardMap[type])));
}

const SUBJECTS_KEPT = 10_000;

/** @param secret 32 bytes, so that what is stored names nobody */
export function createSubjectOf(secret: Buffer): SubjectOf {
  const known = new LRUCache<string, string>({ max: SUBJECTS_KEPT });
  return (kind, value) => {
    const name = `${kind}\0${value}`;
    const subject = known.get(name) ?? createHmac('sha256', secret).update(name).digest('base64url').slice(0, 22);
    known.set(name, subject);
    return subject;
  };
}
