import { describe, expect, it } from 'vitest';
import { defaultLearningConfig, type LearningConfigInput } from '../../../src/learning/learning-config.ts';
import { parseLearningConfig } from '../../../src/learning/parse-learning-config.ts';
import { ValidationError } from '../../../src/shared/errors.ts';

const path = ['input', 'stages', 0, 'featureSearch', 'learningConfig'];

const nothing: LearningConfigInput = {
  algorithm: null,
  contextFeatures: null,
  demographicFeatures: null,
  fallbackStrategy: null,
  minInteractions: null,
  pooling: null,
  rewardMap: null,
  priorAlpha: null,
  priorBeta: null,
  credit: null,
  positionBias: null,
  rewardWindowHours: null,
  explorationBonus: null,
  explorationDecay: null,
  decayHalfLifeHours: null,
  sessionAdaptation: null,
  warmStart: null,
  minWeight: null,
  maxWeight: null,
};

const parse = (input: Partial<LearningConfigInput>) => parseLearningConfig({ ...nothing, ...input }, path);

function errorOf(input: Partial<LearningConfigInput>): unknown {
  try {
    parse(input);
    return null;
  } catch (error) {
    return error;
  }
}

describe('parseLearningConfig', () => {
  it('fills in the defaults', () => {
    expect(parseLearningConfig(null, path)).toEqual(defaultLearningConfig);
    expect(parse({})).toEqual(defaultLearningConfig);
  });

  it('keeps what is given', () => {
    const input = {
      ...{ algorithm: 'LINEAR_THOMPSON', fallbackStrategy: 'GLOBAL', credit: 'MEMBERSHIP' },
      ...{ contextFeatures: ['user_id', 'region'], demographicFeatures: [], minInteractions: 7, pooling: 2.5 },
      ...{ rewardMap: { click: 2 }, priorAlpha: 3, priorBeta: 4, explorationBonus: 0.7, decayHalfLifeHours: 36 },
      explorationDecay: { halfLifeInteractions: 500, floor: 0.1 },
      sessionAdaptation: { strength: 2, halfLifeMinutes: 15 },
      warmStart: null,
      ...{ minWeight: 0.05, maxWeight: 0.8, positionBias: 'EXAMINATION_CURVE', rewardWindowHours: 24 },
    } satisfies LearningConfigInput;
    expect(parse(input)).toEqual({ ...input, rewardMap: { ...defaultLearningConfig.rewardMap, CLICK: 2 } });
  });

  it('takes names of inputs with or without INPUT.', () => {
    expect(parse({ contextFeatures: ['INPUT.user_id', 'region'] }).contextFeatures).toEqual(['user_id', 'region']);
  });

  it('fills in the defaults of the parts of exploration decay and session adaptation', () => {
    expect(parse({ explorationDecay: { halfLifeInteractions: 9 } }).explorationDecay).toEqual({
      halfLifeInteractions: 9,
      floor: 0,
    });
    const evaluationId = '0190f1a0-0000-7000-8000-000000000001';
    expect(parse({ warmStart: { evaluationId } }).warmStart).toEqual({ evaluationId, strength: 500, lesson: null });
    expect(parse({ sessionAdaptation: {} }).sessionAdaptation).toEqual({ strength: 3, halfLifeMinutes: 30 });
  });
});

/** A field, how to set it, its least and its largest value, and a step beyond either. */
const ranges: [string, (value: unknown) => Partial<LearningConfigInput>, min: number, max: number, step: number][] = [
  ['minInteractions', (value) => ({ minInteractions: value as number }), 1, 10_000, 1],
  ['pooling', (value) => ({ pooling: value as number }), 0, 10_000, 0.01],
  ['rewardWindowHours', (value) => ({ rewardWindowHours: value as number }), 0.1, 168, 0.01],
  ['priorAlpha', (value) => ({ priorAlpha: value as number }), 0.01, 1000, 0.001],
  ['priorBeta', (value) => ({ priorBeta: value as number }), 0.01, 1000, 0.001],
  ['explorationBonus', (value) => ({ explorationBonus: value as number }), 0, 10, 0.01],
  [
    'explorationBonus',
    (value) => ({ algorithm: 'EPSILON_GREEDY', explorationBonus: value as number }),
    ...([0, 1, 0.01] as const),
  ],
  ['decayHalfLifeHours', (value) => ({ decayHalfLifeHours: value as number }), 0.1, 87_600, 0.01],
  ['minWeight', (value) => ({ minWeight: value as number }), 0, 1, 0.01],
  ['maxWeight', (value) => ({ maxWeight: value as number }), 0, 1, 0.01],
  ['halfLifeInteractions', (value) => ({ explorationDecay: { halfLifeInteractions: value } }), 1, 1e6, 0.1],
  ['floor', (value) => ({ explorationDecay: { halfLifeInteractions: 1, floor: value } }), 0, 1, 0.01],
  ['strength', (value) => ({ sessionAdaptation: { strength: value } }), 0, 100, 0.1],
  [
    'strength',
    (value) => ({ warmStart: { evaluationId: '0190f1a0-0000-7000-8000-000000000001', strength: value } }),
    ...([1, 100_000, 0.1] as const),
  ],
  ['halfLifeMinutes', (value) => ({ sessionAdaptation: { halfLifeMinutes: value } }), 1, 1440, 0.1],
];

describe.each(ranges)('%s', (field, setting, min, max, step) => {
  it('is taken at its bounds', () => {
    for (const value of [min, max]) expect(errorOf(setting(value))).toBeNull();
  });

  it('is refused beyond them with its name, its path and what it may be', () => {
    const wrong = [min - step, max + step, NaN, Infinity, '1', ...(field === 'minInteractions' ? [2.5] : [])];
    for (const value of wrong) {
      const error = errorOf(setting(value)) as ValidationError;
      expect(error).toBeInstanceOf(ValidationError);
      expect(error.code).toBe('INVALID_LEARNING_CONFIG');
      expect(error.message).toMatch(new RegExp(`^${field} must be a (whole )?number from ${min} to ${max}, not `));
      expect(error.path?.slice(0, path.length)).toEqual(path.map(String));
      expect(error.path?.at(-1)).toBe(field);
    }
  });
});

describe('what is refused', () => {
  it.each<[Partial<LearningConfigInput>, string[], RegExp]>([
    [{ contextFeatures: ['user id'] }, ['contextFeatures', '0'], /must be the name of a search input, such as user_id/],
    [
      { contextFeatures: ['user_id', 'INPUT.user_id'] },
      ['contextFeatures', '1'],
      /user_id twice; name each input once/,
    ],
    [{ demographicFeatures: ['a', ''] }, ['demographicFeatures', '1'], /must be the name of a search input/],
    [{ demographicFeatures: [...'abcdefghi'] }, ['demographicFeatures'], /name at most 8 inputs, not 9/],
    [{ minWeight: 0.6, maxWeight: 0.5 }, ['minWeight'], /must not be above maxWeight, 0.5/],
    [{ explorationDecay: 5 }, ['explorationDecay'], /must be an object with halfLifeInteractions and floor/],
    [{ explorationDecay: {} }, ['explorationDecay', 'halfLifeInteractions'], /from 1 to 1000000, not undefined/],
    [{ explorationDecay: { halfLife: 5 } }, ['explorationDecay'], /has no "halfLife"; it takes halfLifeInteractions/],
    [{ warmStart: {} }, ['warmStart', 'evaluationId'], /must be the id of a completed evaluation/],
    [{ warmStart: { evaluationId: 'e1' } }, ['warmStart', 'evaluationId'], /must be the id of a completed evaluation/],
    [{ warmStart: { datasetId: 'd' } }, ['warmStart'], /has no "datasetId"; it takes evaluationId and strength/],
    [{ sessionAdaptation: [] }, ['sessionAdaptation'], /must be an object with strength and halfLifeMinutes/],
    [{ sessionAdaptation: { minutes: 1 } }, ['sessionAdaptation'], /has no "minutes"; it takes strength and/],
  ])('is %j', (input, field, message) => {
    const error = errorOf(input);
    const named = field.findLast((step) => !/^\d+$/.test(step)) as string;
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ code: 'INVALID_LEARNING_CONFIG', path: [...path.map(String), ...field] });
    expect((error as Error).message).toMatch(new RegExp(`^${named} `));
    expect((error as Error).message).toMatch(message);
  });

  it('passes on what is wrong with the reward map', () => {
    expect(errorOf({ rewardMap: { hover: 1 } })).toMatchObject({
      code: 'UNKNOWN_INTERACTION_TYPE',
      path: [...path.map(String), 'rewardMap', 'hover'],
    });
  });
});
