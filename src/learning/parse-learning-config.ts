import { ValidationError } from '../shared/errors.ts';
import {
  defaultLearningConfig,
  type ExplorationDecay,
  type LearningConfig,
  type LearningConfigInput,
  type SessionAdaptation,
} from './learning-config.ts';
import { parseRewardMap } from './reward.ts';
import { isUuid } from '../shared/uuid.ts';
import type { WarmStart } from './warm-start.ts';

type Path = readonly (string | number)[];

interface Range {
  min: number;
  max: number;
  whole?: boolean;
}

const maxFeatures = 8;
const DEFAULT_WARM_STRENGTH = 500;
const featureName = /^[A-Za-z_][\w.-]{0,63}$/;

/**
 * Checks a learning config and fills in the defaults; null: all defaults.
 * @param path of the config within the input
 * @throws ValidationError INVALID_LEARNING_CONFIG, and those of `parseRewardMap`
 */
export function parseLearningConfig(input: LearningConfigInput | null, path: Path): LearningConfig {
  if (!input) return defaultLearningConfig;
  const fallback = defaultLearningConfig;
  const features = (field: 'contextFeatures' | 'demographicFeatures') =>
    parseFeatures(input[field] ?? fallback[field], [...path, field]);
  const number = (field: NumberField, range: Range) =>
    inRange(input[field] ?? fallback[field], range, [...path, field]);
  return {
    algorithm: input.algorithm ?? fallback.algorithm,
    contextFeatures: features('contextFeatures'),
    demographicFeatures: features('demographicFeatures'),
    fallbackStrategy: input.fallbackStrategy ?? fallback.fallbackStrategy,
    minInteractions: number('minInteractions', { min: 1, max: 10_000, whole: true }),
    pooling: number('pooling', { min: 0, max: 10_000 }),
    rewardMap: parseRewardMap(input.rewardMap, [...path, 'rewardMap']),
    priorAlpha: number('priorAlpha', { min: 0.01, max: 1000 }),
    priorBeta: number('priorBeta', { min: 0.01, max: 1000 }),
    credit: input.credit ?? fallback.credit,
    positionBias: input.positionBias ?? fallback.positionBias,
    rewardWindowHours: number('rewardWindowHours', { min: 0.1, max: 168 }),
    explorationBonus: parseExplorationBonus(input, path),
    explorationDecay: parseExplorationDecay(input.explorationDecay, [...path, 'explorationDecay']),
    decayHalfLifeHours:
      input.decayHalfLifeHours === null
        ? null
        : inRange(input.decayHalfLifeHours, { min: 0.1, max: 87_600 }, [...path, 'decayHalfLifeHours']),
    sessionAdaptation: parseSessionAdaptation(input.sessionAdaptation, [...path, 'sessionAdaptation']),
    warmStart: parseWarmStart(input.warmStart, [...path, 'warmStart']),
    ...parseBounds(input, path),
  };
}

type NumberField = 'minInteractions' | 'pooling' | 'priorAlpha' | 'priorBeta' | 'rewardWindowHours';

function parseFeatures(features: readonly string[], path: Path): string[] {
  if (features.length > maxFeatures) throw invalid(`name at most ${maxFeatures} inputs, not ${features.length}`, path);
  const names = features.map((feature) => (feature.startsWith('INPUT.') ? feature.slice('INPUT.'.length) : feature));
  for (const [index, name] of names.entries()) {
    if (!featureName.test(name)) {
      throw invalid(
        'must be the name of a search input, such as user_id or INPUT.user_id: a letter or underscore, then up to 63 letters, digits, "_", "." or "-"',
        [...path, index],
      );
    }
    if (names.indexOf(name) !== index) throw invalid(`names ${name} twice; name each input once`, [...path, index]);
  }
  return names;
}

function parseExplorationBonus({ explorationBonus, algorithm }: LearningConfigInput, path: Path): number | null {
  if (explorationBonus === null) return null;
  const max = algorithm === 'EPSILON_GREEDY' ? 1 : 10;
  return inRange(explorationBonus, { min: 0, max }, [...path, 'explorationBonus']);
}

function parseExplorationDecay(json: unknown, path: Path): ExplorationDecay | null {
  const given = parseObject(json, ['halfLifeInteractions', 'floor'], path);
  if (given === null) return null;
  return {
    halfLifeInteractions: inRange(given['halfLifeInteractions'], { min: 1, max: 1e6 }, [
      ...path,
      'halfLifeInteractions',
    ]),
    floor: inRange(given['floor'] ?? 0, { min: 0, max: 1 }, [...path, 'floor']),
  };
}

function parseSessionAdaptation(json: unknown, path: Path): SessionAdaptation | null {
  const given = parseObject(json, ['strength', 'halfLifeMinutes'], path);
  if (given === null) return null;
  return {
    strength: inRange(given['strength'] ?? 3, { min: 0, max: 100 }, [...path, 'strength']),
    halfLifeMinutes: inRange(given['halfLifeMinutes'] ?? 30, { min: 1, max: 1440 }, [...path, 'halfLifeMinutes']),
  };
}

/** What it teaches is looked up where the retriever is defined. */
function parseWarmStart(json: unknown, path: Path): WarmStart | null {
  const given = parseObject(json, ['evaluationId', 'strength'], path);
  if (given === null) return null;
  const { evaluationId, strength = DEFAULT_WARM_STRENGTH } = given;
  if (typeof evaluationId !== 'string' || !isUuid(evaluationId)) {
    throw invalid('must be the id of a completed evaluation, which runEvaluation returns', [...path, 'evaluationId']);
  }
  return { evaluationId, strength: inRange(strength, { min: 1, max: 100_000 }, [...path, 'strength']), lesson: null };
}

function parseBounds(input: LearningConfigInput, path: Path): Pick<LearningConfig, 'minWeight' | 'maxWeight'> {
  const range = { min: 0, max: 1 };
  const minWeight = inRange(input.minWeight ?? defaultLearningConfig.minWeight, range, [...path, 'minWeight']);
  const maxWeight = inRange(input.maxWeight ?? defaultLearningConfig.maxWeight, range, [...path, 'maxWeight']);
  if (minWeight > maxWeight) throw invalid(`must not be above maxWeight, ${maxWeight}`, [...path, 'minWeight']);
  return { minWeight, maxWeight };
}

function parseObject(json: unknown, keys: readonly string[], path: Path): Record<string, unknown> | null {
  if (json === null || json === undefined) return null;
  if (typeof json !== 'object' || Array.isArray(json)) {
    throw invalid(`must be an object with ${keys.join(' and ')}`, path);
  }
  const unknownKey = Object.keys(json).find((key) => !keys.includes(key));
  if (unknownKey !== undefined) {
    throw invalid(`has no ${JSON.stringify(unknownKey.slice(0, 100))}; it takes ${keys.join(' and ')}`, path);
  }
  return json as Record<string, unknown>;
}

function inRange(value: unknown, { min, max, whole = false }: Range, path: Path): number {
  const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (fits) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw invalid(
    `must be ${kind} from ${min} to ${max}, not ${typeof value === 'number' ? value : JSON.stringify(value)?.slice(0, 100)}`,
    path,
  );
}

/** The message starts with the field at fault, taken from its path. */
function invalid(remedy: string, path: Path): ValidationError {
  const field = path.findLast((step) => typeof step === 'string') ?? 'learningConfig';
  return new ValidationError(`${field} ${remedy}`, 'INVALID_LEARNING_CONFIG', path);
}
