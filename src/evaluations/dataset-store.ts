import type { Page, PageRequest } from '../shared/page.ts';
import type {
  DatasetOrigin,
  DatasetSource,
  EvaluationDataset,
  EvaluationQuery,
  JudgedQuery,
} from './evaluation-dataset.ts';

/** What a version of a dataset holds. */
export interface DatasetContent {
  source: DatasetSource;
  origin: DatasetOrigin | null;
  queries: readonly JudgedQuery[];
}

export interface DatasetStore {
  /** @throws ConflictError DATASET_NAME_TAKEN */
  create(namespaceId: string, name: string, content: DatasetContent): Promise<EvaluationDataset>;
  /**
   * Writes the version after `previous`.
   * @throws ConflictError DATASET_CHANGED where another came first
   */
  addVersion(previous: EvaluationDataset, content: DatasetContent): Promise<EvaluationDataset>;
  /** The newest version of those that exist in the namespace, in any order. */
  get(namespaceId: string, ids: readonly string[]): Promise<EvaluationDataset[]>;
  version(namespaceId: string, id: string, version: number): Promise<EvaluationDataset | null>;
  /** Newest first, each in its newest version. */
  list(namespaceId: string, page: PageRequest): Promise<Page<EvaluationDataset>>;
  /** All queries of a version, by position. */
  queries(id: string, version: number): Promise<EvaluationQuery[]>;
  /** By position. @throws ValidationError INVALID_CURSOR */
  queryPage(id: string, version: number, page: PageRequest): Promise<Page<EvaluationQuery>>;
}
