import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { judgeGuardrail, type Guardrail, type GuardrailVerdict } from './guardrail.ts';
import type { RolloutFiguresStore } from './rollout-figures.ts';
import type { RolloutChange, RolloutStore } from './rollout-store.ts';
import { guardrailActor, type Rollout, type RolloutEventKind } from './rollout.ts';

export interface CheckGuardrailsDeps {
  rollouts: Pick<RolloutStore, 'change' | 'claimGuarded'>;
  figures: Pick<RolloutFiguresStore, 'figures'>;
  clock: Clock;
  logger: Logger;
  /** Called after each action. */
  changed: (namespaceId: string, retrieverId: string) => Promise<void>;
}

const MINUTE_MS = 60_000;
const eventOf = {
  WARN: 'GUARDRAIL_WARNED',
  HOLD: 'GUARDRAIL_HELD',
  ROLL_BACK: 'GUARDRAIL_ROLLED_BACK',
} as const satisfies Record<Guardrail['action'], RolloutEventKind>;

/**
 * Judges the guardrails of every rollout that none of the instances has looked at for `everyMs`, and acts on what
 * changed: a breach is told once, and so is its end. One rollout whose figures cannot be had holds up no other.
 */
export async function checkGuardrails(deps: CheckGuardrailsDeps, everyMs: number): Promise<void> {
  const now = deps.clock.now();
  for (const { namespaceId, rollout } of await deps.rollouts.claimGuarded(now - everyMs, now)) {
    try {
      const verdicts = await judgeAll(deps, rollout, now);
      const act = (current: Rollout) => (current.revision === rollout.revision ? react(current, verdicts, now) : null);
      const after = await deps.rollouts.change(namespaceId, rollout.retrieverId, now, act);
      if (after.revision !== rollout.revision) await deps.changed(namespaceId, rollout.retrieverId);
    } catch (error) {
      deps.logger.warn({ err: error, retrieverId: rollout.retrieverId }, 'Guardrails could not be judged.');
    }
  }
}

/** Guardrails of the same window share a look-up. */
async function judgeAll(deps: CheckGuardrailsDeps, rollout: Rollout, now: number): Promise<GuardrailVerdict[]> {
  const windows = [...new Set(rollout.guardrails.map(({ windowMinutes }) => windowMinutes))];
  const figures = new Map(
    await Promise.all(
      windows.map(async (minutes) => {
        const window = { since: now - minutes * MINUTE_MS, fromRevision: rollout.comparedFrom };
        return [minutes, await deps.figures.figures(rollout.retrieverId, window)] as const;
      }),
    ),
  );
  return rollout.guardrails.flatMap((guardrail) => {
    const ofWindow = figures.get(guardrail.windowMinutes);
    return ofWindow === undefined ? [] : judgeGuardrail(guardrail, ofWindow);
  });
}

/** What is done about the verdicts; null where nothing has changed. An unjudged guardrail stays as it was. */
export function react(rollout: Rollout, verdicts: readonly GuardrailVerdict[], now: number): RolloutChange | null {
  const breached = new Set(rollout.breached);
  const events: RolloutChange['events'][number][] = [];
  let { held, killed } = rollout;
  for (const verdict of verdicts) {
    const { guardrail, status } = verdict;
    const isNews = (status === 'BREACHED') !== breached.has(guardrail.id) && status !== 'UNJUDGED';
    if (!isNews) continue;
    const event = { actor: guardrailActor, reason: inWords(verdict), details: detailsOf(verdict) };
    if (status === 'FINE') {
      breached.delete(guardrail.id);
      events.push({ kind: 'GUARDRAIL_RECOVERED', ...event });
      continue;
    }
    breached.add(guardrail.id);
    events.push({ kind: eventOf[guardrail.action], ...event });
    if (guardrail.action === 'HOLD') held = true;
    if (guardrail.action === 'ROLL_BACK') killed ??= { at: now, actor: guardrailActor, reason: event.reason };
  }
  return events.length === 0
    ? null
    : { next: { ...rollout, breached: [...breached], held, killed }, restarts: false, events };
}

function inWords({ guardrail, value, sample }: GuardrailVerdict): string {
  const { metric, threshold, windowMinutes } = guardrail;
  return `${metric} was ${shown(value)} over ${sample} searches of the last ${windowMinutes} minutes; the guardrail is at ${threshold}.`;
}

function detailsOf({ guardrail, value, sample }: GuardrailVerdict): Record<string, unknown> {
  return { ...guardrail, value, sample };
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}
