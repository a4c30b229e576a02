import type { ApiKey, CreateApiKeyInput } from './access/access-input.ts';
import type { Caller, Credentials, Namespace } from './access/caller.ts';
import type { AnalyticsUseCases } from './analytics/use-cases.ts';
import type {
  CreateCollectionInput,
  DeleteDocumentsInput,
  UpsertDocumentsInput,
  UpsertDocumentsResult,
} from './collections/collection-input.ts';
import type { BroughtVector, Collection, Document } from './collections/collection.ts';
import type { EvaluationUseCases } from './evaluations/use-cases.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { FusionMethod } from './fusion/ranked-list.ts';
import type { DeadLetter } from './interactions/dead-letter-store.ts';
import type {
  InteractionInput,
  RecordInteractionResult,
  RecordInteractionsResult,
} from './interactions/interaction-input.ts';
import type { Interaction, InteractionFilter } from './interactions/interaction.ts';
import type { Client } from './interactions/learning-caps.ts';
import type { RebuildResult } from './interactions/rebuild-posteriors.ts';
import type { ExaminationPoint } from './learning/examination-curves.ts';
import type { LearnedWeights, LearnedWeightsQuery } from './learning/learned-weights.ts';
import type { CreateRetrieverInput, UpdateRetrieverInput } from './retrievers/retriever-input.ts';
import type { Retriever } from './retrievers/retriever.ts';
import type { RolloutUseCases } from './rollouts/use-cases.ts';
import type { Execution } from './search/execution.ts';
import type { SearchPreview } from './search/preview-search.ts';
import type { Replay } from './search/replay-execution.ts';
import type { SearchInput } from './search/search-input.ts';
import type { Page, PageRequest } from './shared/page.ts';

/**
 * Everything a resolver may call: the use cases, bound to their stores by compose.ts. `ns` is a namespace id.
 * They throw DomainErrors for what the caller did wrong; anything else is our fault.
 */
export interface App {
  access: {
    /** @throws ForbiddenError UNAUTHENTICATED, ORIGIN_NOT_ALLOWED or FORBIDDEN, NotFoundError NAMESPACE_NOT_FOUND */
    authenticate(credentials: Credentials): Promise<Caller>;
    /** Calls back when the caller's key is revoked or expires; returns the way to stop watching. */
    watchKey(caller: Caller, onEnd: () => void): () => void;
    apiKeys(ns: string, page: PageRequest): Promise<Page<ApiKey>>;
    createNamespace(name: string): Promise<Namespace>;
    createApiKey(ns: string, input: CreateApiKeyInput): Promise<{ apiKey: ApiKey; secret: string }>;
    revokeApiKey(ns: string, id: string): Promise<ApiKey>;
  };
  collections: {
    create(ns: string, input: CreateCollectionInput): Promise<Collection>;
    get(ns: string, ids: readonly string[]): Promise<Collection[]>;
    list(ns: string, page: PageRequest): Promise<Page<Collection>>;
    count(collectionIds: readonly string[]): Promise<Map<string, number>>;
    documents(collectionIds: readonly string[], documentIds: readonly string[]): Promise<Document[]>;
    documentPage(collection: Collection, page: PageRequest): Promise<Page<Document>>;
    broughtVectors(
      collection: Collection,
      documentIds: readonly string[],
    ): Promise<ReadonlyMap<string, readonly BroughtVector[]>>;
    upsertDocuments(ns: string, input: UpsertDocumentsInput): Promise<UpsertDocumentsResult>;
    /** Returns how many existed. */
    deleteDocuments(ns: string, input: DeleteDocumentsInput): Promise<number>;
    /** What extractors stand ready behind which feature URI. */
    extractors(): readonly { featureUri: string; extractor: Extractor }[];
  };
  retrievers: {
    /** `actor`: the id of the API key that asks, for the audit list of the rollout. */
    create(ns: string, input: CreateRetrieverInput, actor?: string): Promise<Retriever>;
    update(ns: string, input: UpdateRetrieverInput, actor?: string): Promise<Retriever>;
    delete(ns: string, id: string): Promise<void>;
    get(ns: string, ids: readonly string[]): Promise<Retriever[]>;
    list(ns: string, page: PageRequest): Promise<Page<Retriever>>;
  };
  search: {
    execute(ns: string, input: SearchInput): Promise<Execution>;
    /** What it would show by that fusion; it is shown to nobody, and leaves no trace. */
    preview(ns: string, input: SearchInput, fusion: FusionMethod): Promise<SearchPreview>;
    executions(ns: string, ids: readonly string[]): Promise<Execution[]>;
    /** What the retriever searches, by their ids, in any order; those that are gone, or all where it is, are left out. */
    documents(ns: string, retrieverId: string, documentIds: readonly string[]): Promise<Document[]>;
    /** Works a search out once more from its record. */
    replay(execution: Execution): Promise<Replay>;
  };
  interactions: {
    /** `client`: who sent it; left out for events of the process itself, which no cap holds back. */
    record(ns: string, input: InteractionInput, client?: Client): Promise<RecordInteractionResult>;
    recordMany(ns: string, inputs: readonly InteractionInput[], client?: Client): Promise<RecordInteractionsResult>;
    list(ns: string, filter: InteractionFilter, page: PageRequest): Promise<Page<Interaction>>;
    /** Those of a retriever from now on. */
    watch(ns: string, retrieverId: string): Promise<AsyncIterableIterator<Interaction>>;
    /** Of every namespace. */
    deadLetters(page: PageRequest): Promise<Page<DeadLetter>>;
    /** These, or all; returns the ids of those that were there. */
    replayDeadLetters(ids: readonly string[] | null): Promise<string[]>;
  };
  evaluations: EvaluationUseCases;
  rollouts: RolloutUseCases;
  analytics: AnalyticsUseCases;
  learning: {
    weights(ns: string, query: LearnedWeightsQuery): Promise<LearnedWeights>;
    examinationCurve(ns: string, retrieverId: string): Promise<ExaminationPoint[]>;
    rebuild(ns: string, input: { retrieverId: string }): Promise<RebuildResult>;
    /** Snapshot first (unless `after` is current), then every change, the latest wins. `return()` releases it at once. */
    watch(ns: string, query: LearnedWeightsQuery, after: string | null): Promise<AsyncIterableIterator<LearnedWeights>>;
  };
}
