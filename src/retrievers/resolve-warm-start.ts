import type { Lesson } from '../learning/warm-start.ts';
import { ConflictError, NotFoundError, ValidationError } from '../shared/errors.ts';
import type { FeatureSearchStage, Stage } from './retriever.ts';

type Stages = readonly [FeatureSearchStage, ...Stage[]];

/** What evaluations have learned of the judgments they ran on. */
export interface JudgedLessons {
  /** Null: there is no such evaluation in the namespace. A lesson of null: no relevant document was found. */
  of(namespaceId: string, evaluationId: string): Promise<{ isCompleted: boolean; lesson: Lesson | null } | null>;
}

const PATH = ['input', 'stages', 0, 'featureSearch', 'learningConfig', 'warmStart', 'evaluationId'] as const;

/**
 * Copies what the evaluation that is named has taught into the definition.
 * @throws NotFoundError EVALUATION_NOT_FOUND, ConflictError EVALUATION_NOT_COMPLETED,
 * ValidationError WARM_START_TEACHES_NOTHING and WARM_START_FEATURES_DIFFER
 */
export async function resolveWarmStart(lessons: JudgedLessons, namespaceId: string, stages: Stages): Promise<Stages> {
  const [stage, ...later] = stages;
  const { warmStart } = stage.learningConfig;
  if (warmStart === null) return stages;
  const { evaluationId } = warmStart;
  const known = await lessons.of(namespaceId, evaluationId);
  if (known === null) {
    throw new NotFoundError(
      `There is no evaluation ${evaluationId} in this namespace: name one that runEvaluation returned.`,
      'EVALUATION_NOT_FOUND',
      PATH,
    );
  }
  if (!known.isCompleted) {
    throw new ConflictError(
      `Evaluation ${evaluationId} is not completed: wait until its status is COMPLETED, then try again.`,
      'EVALUATION_NOT_COMPLETED',
      PATH,
    );
  }
  if (known.lesson === null) {
    throw new ValidationError(
      `Evaluation ${evaluationId} found no relevant document, so there is nothing to begin with: name another.`,
      'WARM_START_TEACHES_NOTHING',
      PATH,
    );
  }
  checkFeatures(stage, known.lesson);
  const learningConfig = { ...stage.learningConfig, warmStart: { ...warmStart, lesson: known.lesson } };
  return [{ ...stage, learningConfig }, ...later];
}

function checkFeatures({ searches }: FeatureSearchStage, { arms }: Lesson): void {
  const searched = searches.map(({ featureUri }) => featureUri);
  const other =
    searched.find((uri) => !Object.hasOwn(arms, uri)) ?? Object.keys(arms).find((uri) => !searched.includes(uri));
  if (other === undefined) return;
  throw new ValidationError(
    `The evaluation searched other features than this retriever (${other} is not in both): run one on a retriever with the same features.`,
    'WARM_START_FEATURES_DIFFER',
    PATH,
  );
}
