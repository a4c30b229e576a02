import { describe, expect, test } from 'vitest';
import { react } from '../../../src/rollouts/check-guardrails.ts';
import { judgeGuardrail, type ArmFigures, type Guardrail } from '../../../src/rollouts/guardrail.ts';
import { untouchedRollout } from '../../../src/rollouts/rollout.ts';

const arm = (change: Partial<ArmFigures>): ArmFigures => ({
  searches: 1_000,
  zeroResults: 20,
  clicked: 300,
  interacted: 350,
  penalised: 10,
  reciprocalRanks: 200,
  latencyP95Ms: 40,
  ...change,
});
const figures = { learned: arm({}), baseline: arm({ searches: 500, clicked: 200, reciprocalRanks: 90 }) };
const guardrail = (change: Partial<Guardrail>): Guardrail => ({
  id: 'CTR:WARN',
  metric: 'CTR',
  threshold: 0.1,
  windowMinutes: 60,
  minimumSample: 100,
  action: 'WARN',
  ...change,
});

describe('a guardrail', () => {
  test.each([
    ['CTR', 0.3, 0.31, 0.29],
    ['MRR', 0.2, 0.21, 0.19],
    ['INTERACTION_RATE', 0.35, 0.36, 0.34],
    ['NEGATIVE_RATE', 0.01, 0.009, 0.011],
    ['ZERO_RESULT_RATE', 0.02, 0.019, 0.021],
    ['LATENCY_P95_MS', 40, 39, 41],
    ['CTR_UPLIFT', -0.25, -0.24, -0.26],
    ['MRR_UPLIFT', 0.2 / 0.18 - 1, 0.12, 0.11],
  ] as const)('on %s measures %s, and is breached beyond its threshold only', (metric, value, breached, fine) => {
    const judged = (threshold: number) => judgeGuardrail(guardrail({ metric, threshold }), figures);
    expect(judged(breached)).toMatchObject({ status: 'BREACHED', value: expect.closeTo(value, 9) });
    expect(judged(fine)).toMatchObject({ status: 'FINE' });
    expect(judged(judged(fine).value!)).toMatchObject({ status: 'FINE' });
  });

  test('does not judge fewer searches than its minimum; of an uplift, on both sides', () => {
    expect(judgeGuardrail(guardrail({ minimumSample: 1_001, threshold: 1 }), figures).status).toBe('UNJUDGED');
    const uplift = guardrail({ metric: 'CTR_UPLIFT', threshold: 1, minimumSample: 501 });
    expect(judgeGuardrail(uplift, figures)).toMatchObject({ status: 'UNJUDGED', sample: 500 });
  });

  test('does not judge an uplift over nothing, or no searches at all', () => {
    const none = arm({ searches: 0, clicked: 0, latencyP95Ms: null });
    const uplift = guardrail({ metric: 'CTR_UPLIFT', minimumSample: 1 });
    expect(judgeGuardrail(uplift, { ...figures, baseline: arm({ clicked: 0 }) }).status).toBe('UNJUDGED');
    expect(judgeGuardrail(guardrail({ minimumSample: 1 }), { ...figures, learned: none }).status).toBe('UNJUDGED');
  });
});

describe('what is done about it', () => {
  const rollout = { ...untouchedRollout('r'), revision: 3 };
  const verdict = (change: Partial<Guardrail>, status: 'FINE' | 'BREACHED' | 'UNJUDGED') => ({
    ...{ guardrail: guardrail(change), status, value: 0.05, sample: 200 },
  });

  test('a breach is told once, and so is its end', () => {
    const breach = react(rollout, [verdict({}, 'BREACHED')], 5);
    expect(breach?.events).toMatchObject([{ kind: 'GUARDRAIL_WARNED', actor: 'guardrail' }]);
    expect(breach?.events[0]?.reason).toContain('CTR was 0.05 over 200 searches');
    expect(breach?.next).toMatchObject({ breached: ['CTR:WARN'], held: false, killed: null });
    expect(react(breach!.next, [verdict({}, 'BREACHED')], 6)).toBeNull();
    expect(react(breach!.next, [verdict({}, 'UNJUDGED')], 6)).toBeNull();
    const over = react(breach!.next, [verdict({}, 'FINE')], 7);
    expect(over).toMatchObject({ next: { breached: [] }, events: [{ kind: 'GUARDRAIL_RECOVERED' }] });
    expect(react(rollout, [verdict({}, 'FINE')], 7)).toBeNull();
  });

  test('HOLD holds and ROLL_BACK throws the kill switch, and neither is undone by recovering', () => {
    const held = react(rollout, [verdict({ id: 'a', action: 'HOLD' }, 'BREACHED')], 5);
    expect(held).toMatchObject({ next: { held: true, killed: null }, events: [{ kind: 'GUARDRAIL_HELD' }] });
    const back = react(held!.next, [verdict({ id: 'b', action: 'ROLL_BACK' }, 'BREACHED')], 6);
    expect(back?.next).toMatchObject({ held: true, killed: { at: 6, actor: 'guardrail' } });
    expect(back?.events).toMatchObject([{ kind: 'GUARDRAIL_ROLLED_BACK' }]);
    const after = react(back!.next, [verdict({ id: 'b', action: 'ROLL_BACK' }, 'FINE')], 9);
    expect(after?.next).toMatchObject({ held: true, killed: { at: 6 } });
  });

  test('figures that led to one decision do not lead to the next: nobody but people restarts them', () => {
    expect(react(rollout, [verdict({}, 'BREACHED')], 5)?.restarts).toBe(false);
  });
});
