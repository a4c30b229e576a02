import { fieldNameFault } from '../collections/document-field.ts';
import { assertWeights } from '../fusion/weights.ts';
import { parseLearningConfig } from '../learning/parse-learning-config.ts';
import { ValidationError } from '../shared/errors.ts';
import type { FeatureSearchInput, FeatureSearchStageInput, StageInput } from './retriever-input.ts';
import type { FeatureSearch, FeatureSearchStage, GroupBy, Stage } from './retriever.ts';

type Path = readonly (string | number)[];

const MAX_STAGES = 20;
const MAX_SEARCHES = 16;
const MAX_FACETS = 16;
const STAGE_KINDS = ['featureSearch', 'attributeFilter', 'sortAttribute', 'limit'] as const;

/**
 * Checks the stages of a retriever by themselves, and fills in the defaults. Whether their features and inputs exist
 * is checked with the whole definition (check-definition.ts).
 * @throws ValidationError INVALID_STAGES, INVALID_WEIGHTS, DUPLICATE_FEATURE_URI, …
 */
export function parseStages(stages: readonly StageInput[], path: Path): readonly [FeatureSearchStage, ...Stage[]] {
  if (stages.length < 1 || stages.length > MAX_STAGES) {
    throw new ValidationError(
      `A retriever has 1 to ${MAX_STAGES} stages, not ${stages.length}.`,
      'INVALID_STAGES',
      path,
    );
  }
  const [first, ...rest] = stages.map((stage, index) => parseStage(stage, [...path, index]));
  if (first?.kind !== 'featureSearch') {
    throw new ValidationError('The first stage must be a featureSearch.', 'INVALID_STAGES', [...path, 0]);
  }
  const second = rest.findIndex((stage) => stage.kind === 'featureSearch');
  if (second >= 0) {
    throw new ValidationError(
      'Only the first stage may be a featureSearch: put its searches into the first one, which fuses them.',
      'INVALID_STAGES',
      [...path, second + 1],
    );
  }
  return [first, ...rest];
}

function parseStage(stage: StageInput, path: Path): Stage {
  const given = STAGE_KINDS.filter((kind) => stage[kind] !== null && stage[kind] !== undefined);
  if (given.length !== 1) {
    throw new ValidationError(`A stage is exactly one of ${STAGE_KINDS.join(', ')}.`, 'INVALID_STAGES', path);
  }
  if (stage.featureSearch) return parseFeatureSearchStage(stage.featureSearch, [...path, 'featureSearch']);
  if (stage.sortAttribute) {
    const { field, direction } = stage.sortAttribute;
    const fieldPath = [...path, 'sortAttribute', 'field'];
    return { kind: 'sortAttribute', field: parseField(field, fieldPath), direction: direction ?? 'ASC' };
  }
  if (typeof stage.limit === 'number') {
    return { kind: 'limit', limit: parseCount(stage.limit, 'limit', 100, [...path, 'limit']) };
  }
  return { kind: 'attributeFilter', filter: stage.attributeFilter };
}

function parseFeatureSearchStage(input: FeatureSearchStageInput, path: Path): FeatureSearchStage {
  return {
    kind: 'featureSearch',
    searches: parseSearches(input.searches, [...path, 'searches']),
    fusion: input.fusion ?? 'RRF',
    finalTopK: parseCount(input.finalTopK ?? 25, 'finalTopK', 100, [...path, 'finalTopK']),
    rankConstant: parseCount(input.rankConstant ?? 60, 'rankConstant', 10_000, [...path, 'rankConstant']),
    rawScores: input.rawScores ?? false,
    learningConfig: parseLearningConfig(input.learningConfig, [...path, 'learningConfig']),
    filters: input.filters ?? null,
    groupBy: input.groupBy ? parseGroupBy(input.groupBy, [...path, 'groupBy']) : null,
    facets: parseFacets(input.facets ?? [], [...path, 'facets']),
  };
}

function parseSearches(inputs: readonly FeatureSearchInput[], path: Path): FeatureSearch[] {
  if (inputs.length < 1 || inputs.length > MAX_SEARCHES) {
    throw new ValidationError(
      `A featureSearch has 1 to ${MAX_SEARCHES} searches, not ${inputs.length}.`,
      'INVALID_STAGES',
      path,
    );
  }
  const seen = new Set<string>();
  const searches = inputs.map((input, index) => {
    if (seen.has(input.featureUri)) {
      throw new ValidationError(
        `searches name the feature ${input.featureUri} twice: a feature has one weight, so it is searched once.`,
        'DUPLICATE_FEATURE_URI',
        [...path, index, 'featureUri'],
      );
    }
    seen.add(input.featureUri);
    return {
      featureUri: input.featureUri,
      query: input.query,
      topK: parseCount(input.topK ?? 100, 'topK', 1_000, [...path, index, 'topK']),
      weight: input.weight,
      filters: input.filters ?? null,
    };
  });
  assertWeights(
    searches.map((search) => search.weight),
    path,
  );
  return searches;
}

function parseGroupBy(input: { field: string; limit: number | null }, path: Path): GroupBy {
  return {
    field: parseField(input.field, [...path, 'field']),
    limit: parseCount(input.limit ?? 1, 'groupBy.limit', 100, [...path, 'limit']),
  };
}

function parseFacets(fields: readonly string[], path: Path): string[] {
  if (fields.length > MAX_FACETS) {
    throw new ValidationError(
      `facets name ${fields.length} fields: at most ${MAX_FACETS} are counted.`,
      'INVALID_FACETS',
      path,
    );
  }
  return [...new Set(fields.map((field, index) => parseField(field, [...path, index])))];
}

function parseField(field: string, path: Path): string {
  const fault = fieldNameFault(field);
  if (fault === null) return field;
  throw new ValidationError(`The field at ${path.join('.')} ${fault}.`, 'INVALID_FIELD', path);
}

function parseCount(value: number, name: string, max: number, path: Path): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ValidationError(`${name} must be a whole number from 1 to ${max}, not ${value}.`, invalid(name), path);
}

/** INVALID_FINAL_TOP_K of finalTopK. */
function invalid(name: string): string {
  const words = name.replaceAll('.', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  return `INVALID_${words.toUpperCase()}`;
}
