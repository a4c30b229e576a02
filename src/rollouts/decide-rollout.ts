import type { FusionMethod } from '../fusion/ranked-list.ts';
import { bucketOf, type Unit } from './bucket.ts';
import type { Rollout, RolloutArm, RolloutDecision, RolloutReason } from './rollout.ts';

/** Who a search is for, as far as the rollout goes. */
export interface RolloutSubject {
  userId: string | null;
  sessionId: string | null;
  /** Of this search alone: what is assigned where neither a user nor a session is known. */
  seed: string;
}

/**
 * What serves a search, and why. The first that holds decides: the person's own will (which also says whether their
 * feedback is learned from), the kill switch, the shadow mode, a static retriever, the control group, the bucket.
 * @param fusion of the retriever; a static one is served as it stands, and shadowed where `shadowMode` says so
 */
export function decideRollout(
  rollout: Rollout,
  fusion: FusionMethod,
  subject: RolloutSubject,
  isOptedOut: boolean,
): RolloutDecision {
  const unit = unitOf(subject);
  const bucket = bucketOf('rollout', rollout.retrieverId, unit);
  const because = (arm: RolloutArm, reason: RolloutReason): RolloutDecision => {
    return { arm, bucket, reason, revision: rollout.revision };
  };
  const isStatic = fusion !== 'LEARNED';
  if (isOptedOut) return because('STATIC', 'OPTED_OUT');
  if (subject.userId !== null && rollout.excludedUsers.includes(subject.userId)) {
    return because('STATIC', 'EXCLUDED_USER');
  }
  if (rollout.killed !== null && !isStatic) return because('STATIC', 'KILLED');
  if (rollout.shadowMode && rollout.killed === null) return because('SHADOW', 'SHADOW_MODE');
  if (isStatic) return because('STATIC', 'STATIC_RETRIEVER');
  if (bucketOf('control', rollout.retrieverId, unit) < rollout.controlPct) return because('CONTROL', 'CONTROL_GROUP');
  return bucket < rollout.rolloutPct ? because('LEARNED', 'ROLLED_OUT') : because('STATIC', 'NOT_ROLLED_OUT');
}

/** Whether the search's feedback may be learned from: not that of people who do not want it, or do not count. */
export function trains({ reason }: Pick<RolloutDecision, 'reason'>): boolean {
  return reason !== 'OPTED_OUT' && reason !== 'EXCLUDED_USER';
}

/** People who want no learned ranking, or do not count, take part in no experiment. */
export function mayBeMixed({ rollout }: { rollout: RolloutDecision | null }): boolean {
  return rollout === null || trains(rollout);
}

/** Of a search that another retriever's hits were mixed into: no arm served it alone, so none is measured by it. */
export function asInterleaved(decision: RolloutDecision | null): RolloutDecision | null {
  return decision && { ...decision, reason: 'INTERLEAVED' };
}

export function unitOf({ userId, sessionId, seed }: RolloutSubject): Unit {
  if (userId !== null) return { kind: 'user', id: userId };
  return sessionId === null ? { kind: 'search', id: seed } : { kind: 'session', id: sessionId };
}
