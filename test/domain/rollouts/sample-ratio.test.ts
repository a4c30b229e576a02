import { describe, expect, test } from 'vitest';
import { checkSampleRatio } from '../../../src/rollouts/sample-ratio.ts';

describe('the sample-ratio check', () => {
  test('takes what the settings promise for granted', () => {
    const settings = { rolloutPct: 50, controlPct: 10 };
    const { units, arms, pValue, warning } = checkSampleRatio(settings, { LEARNED: 450, STATIC: 450, CONTROL: 100 });
    expect(units).toBe(1_000);
    expect(arms.map(({ arm, expected }) => [arm, Number(expected.toFixed(9))])).toEqual([
      ['LEARNED', 0.45],
      ['STATIC', 0.45],
      ['CONTROL', 0.1],
    ]);
    expect(pValue).toBeCloseTo(1, 6);
    expect(warning).toBeNull();
  });

  // χ² = (821 − 800)²/800 + (779 − 800)²/800 = 1.1025: p = 0.2937 by the tables of one degree of freedom
  test('has the p-value of one degree of freedom where there are two arms', () => {
    const { pValue, warning } = checkSampleRatio({ rolloutPct: 50, controlPct: 0 }, { LEARNED: 821, STATIC: 779 });
    expect(pValue).toBeCloseTo(0.2937, 3);
    expect(warning).toBeNull();
  });

  // χ² = 25²/500 + 25²/250 + 0 = 3.75: p = exp(−1.875) at two degrees of freedom
  test('has that of two where there are three', () => {
    const settings = { rolloutPct: 66.67, controlPct: 25 };
    const { pValue } = checkSampleRatio(settings, { LEARNED: 525, STATIC: 225, CONTROL: 250 });
    expect(pValue).toBeCloseTo(Math.exp(-1.875), 2);
  });

  test('warns of a mismatch, with what was set and what was seen', () => {
    const { pValue, warning } = checkSampleRatio({ rolloutPct: 50, controlPct: 0 }, { LEARNED: 5_200, STATIC: 4_800 });
    expect(pValue).toBeLessThan(0.001);
    expect(warning).toContain('LEARNED 52.0 % instead of 50.0 %');
  });

  test('warns where an arm that should be empty is not', () => {
    const { pValue, warning } = checkSampleRatio({ rolloutPct: 100, controlPct: 0 }, { LEARNED: 5, STATIC: 1 });
    expect(pValue).toBe(0);
    expect(warning).toContain('STATIC');
  });

  test('says nothing of few units, or of a single arm', () => {
    expect(checkSampleRatio({ rolloutPct: 1, controlPct: 0 }, { LEARNED: 9, STATIC: 90 }).pValue).toBeNull();
    expect(checkSampleRatio({ rolloutPct: 100, controlPct: 0 }, { LEARNED: 900 }).pValue).toBeNull();
    expect(checkSampleRatio({ rolloutPct: 50, controlPct: 5 }, {}).pValue).toBeNull();
  });
});
