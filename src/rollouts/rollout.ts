import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { Guardrail } from './guardrail.ts';

/**
 * What served a search. LEARNED: weights drawn from what was learned. STATIC: the static fusion. CONTROL: the static
 * fusion, for good. SHADOW: the static fusion, while the learned one was worked out beside it.
 */
export type RolloutArm = 'LEARNED' | 'STATIC' | 'CONTROL' | 'SHADOW';

/** Why that arm served. The first three are assigned by chance, so that only they are compared with each other. */
export type RolloutReason =
  | 'ROLLED_OUT'
  | 'NOT_ROLLED_OUT'
  | 'CONTROL_GROUP'
  | 'SHADOW_MODE'
  | 'KILLED'
  | 'OPTED_OUT'
  | 'EXCLUDED_USER'
  | 'STATIC_RETRIEVER'
  | 'INTERLEAVED';

export interface RolloutDecision {
  arm: RolloutArm;
  /** Where the user (else the session, else this search) stands, 0 to below 100 in steps of 0.01: in where below `rolloutPct`. */
  bucket: number;
  reason: RolloutReason;
  /** The state of the rollout that decided; 0: nobody ever changed it. */
  revision: number;
}

/** The fusions that need nothing learned. */
export type StaticFusion = Exclude<FusionMethod, 'LEARNED'>;

/** What people set. */
export interface RolloutSettings {
  shadowMode: boolean;
  /** Of those outside the control group, 0 to 100: who is served the learned fusion. */
  rolloutPct: number;
  /** Of everyone, 0 to 100: who never is. */
  controlPct: number;
  /** Serves whoever is not served the learned fusion, with the static weights of the searches. */
  staticFusion: StaticFusion;
  /** Served the static fusion, and never learned from: staff, monitors, test accounts. */
  excludedUsers: readonly string[];
  guardrails: readonly Guardrail[];
}

/** Who threw the kill switch, when and why. */
export interface Kill {
  at: number;
  /** The id of an API key, or `guardrail`. */
  actor: string;
  reason: string | null;
}

/** How far the learned fusion of a retriever is let loose. */
export interface Rollout extends RolloutSettings {
  retrieverId: string;
  /** Null while the learned fusion is not switched off. */
  killed: Kill | null;
  /** A guardrail forbids raising `rolloutPct` until somebody releases it. */
  held: boolean;
  /** Ids of the guardrails that are breached now. */
  breached: readonly string[];
  /**
   * The revision that people made last. Figures are taken from there on: the arms had other sizes before, and what led
   * to one decision must not lead to the next.
   */
  comparedFrom: number;
  /** Grows with every change of any rollout; 0: never changed. */
  revision: number;
}

/** Everything served as it would be without rollouts. */
export function untouchedRollout(retrieverId: string): Rollout {
  return {
    retrieverId,
    shadowMode: false,
    rolloutPct: 100,
    controlPct: 0,
    staticFusion: 'RRF',
    excludedUsers: [],
    guardrails: [],
    killed: null,
    held: false,
    breached: [],
    comparedFrom: 0,
    revision: 0,
  };
}

export type RolloutEventKind =
  | 'SETTINGS_CHANGED'
  | 'KILLED'
  | 'RESUMED'
  | 'HOLD_RELEASED'
  | 'GUARDRAIL_WARNED'
  | 'GUARDRAIL_HELD'
  | 'GUARDRAIL_ROLLED_BACK'
  | 'GUARDRAIL_RECOVERED';

/** One line of the audit list. */
export interface RolloutEvent {
  id: string;
  retrieverId: string;
  /** Orders the events: the rollout's revision from then on, or on the way to it. */
  revision: number;
  kind: RolloutEventKind;
  /** The id of an API key, or `guardrail`. */
  actor: string;
  reason: string | null;
  /** What changed: setting → its new value, or what a guardrail measured. */
  details: Record<string, unknown>;
  at: number;
}

/** The actor of what happens by itself. */
export const guardrailActor = 'guardrail';
