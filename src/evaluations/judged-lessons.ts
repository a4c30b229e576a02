import { sumLessons } from '../learning/warm-start.ts';
import type { JudgedLessons } from '../retrievers/resolve-warm-start.ts';
import type { EvaluationStore } from './evaluation-store.ts';

/** What retrievers may begin with: see resolve-warm-start.ts. */
export function judgedLessons(evaluations: Pick<EvaluationStore, 'get' | 'lessons'>): JudgedLessons {
  return {
    async of(namespaceId, evaluationId) {
      const [evaluation] = await evaluations.get(namespaceId, [evaluationId]);
      if (evaluation === undefined) return null;
      if (evaluation.status !== 'COMPLETED') return { isCompleted: false, lesson: null };
      return { isCompleted: true, lesson: sumLessons(await evaluations.lessons(evaluationId)) };
    },
  };
}
