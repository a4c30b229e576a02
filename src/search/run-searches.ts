import { extractorOf } from '../collections/feature-extractor.ts';
import type { ExtractorRegistry } from '../extractors/extractor.ts';
import type { RankedList, ScoredDocument } from '../fusion/ranked-list.ts';
import { stopwatch } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import type { Logger } from '../shared/logger.ts';
import type { SearchTiming } from './execution.ts';
import type { FeatureQuery, FeatureSearcher } from './feature-searcher.ts';
import type { PlannedSearch } from './plan-search.ts';
import { embedQueries, type QueryEmbeddings, type TextToEmbed } from './query-embeddings.ts';

export interface RunSearchesDeps {
  searcher: FeatureSearcher;
  extractors: ExtractorRegistry;
  logger: Logger;
}

/** The words of a long text say what it is about long before they run out, and each further one is a list to read. */
export const MAX_TERMS = 512;

export interface FoundLists {
  /** One a search, in their order; empty where it failed. */
  lists: RankedList[];
  /** Of what failed, and of words that were not read. */
  warnings: string[];
  failures: readonly FailedSearch[];
  embeddingMs: number;
  searches: SearchTiming['searches'];
}

/** A feature search that the others were made do without. */
export interface FailedSearch {
  /** What was thrown. */
  failure: unknown;
  warning: string;
}

/**
 * Runs all feature searches at once, each over all its collections. One that fails is done without, and a warning says
 * so; when none is left that answered, the first failure is thrown. One that another try may not meet goes before what
 * is wrong with the query: then the other features may answer.
 * @throws ConflictError FEATURE_MODEL_CHANGED
 */
export async function runSearches(deps: RunSearchesDeps, planned: readonly PlannedSearch[]): Promise<FoundLists> {
  const prepared = planned.map((search) => ({ search, ask: askOf(search, deps.extractors) }));
  const embeddings = embedQueries(prepared.flatMap(({ ask }) => (ask?.kind === 'embedding' ? ask : [])));
  const outcomes = await Promise.all(prepared.map(({ search, ask }) => runOne(deps, search, ask, embeddings)));
  const failed = outcomes.filter((outcome) => outcome.failure !== null);
  const first = failed.find(({ failure }) => !(failure instanceof ValidationError)) ?? failed[0];
  if (first !== undefined && failed.length === outcomes.length) throw first.failure;
  const failures = failed.map((outcome) => ({ failure: outcome.failure, warning: withoutIt(outcome) }));
  return {
    lists: outcomes.map(({ featureUri, hits }) => ({ featureUri, hits })),
    warnings: [
      ...prepared.flatMap(({ search, ask }) => shortened(search, ask)),
      ...failures.map(({ warning }) => warning),
    ],
    failures,
    embeddingMs: embeddings.elapsedMs(),
    searches: outcomes.map(({ featureUri, hits, ms }) => ({ featureUri, ms, candidates: hits.length })),
  };
}

function withoutIt({ featureUri, failure }: Outcome): string {
  return `The search of ${featureUri} failed${reasonOf(failure)}; the result is made of the other features alone.`;
}

function shortened({ featureUri }: PlannedSearch, ask: Ask): string[] {
  if (ask?.kind !== 'lexical' || ask.terms.length <= MAX_TERMS) return [];
  return [
    `The search of ${featureUri} read the first ${MAX_TERMS} of ${ask.terms.length} different words of its query.`,
  ];
}

/** What the caller can mend is told. */
function reasonOf(failure: unknown): string {
  return failure instanceof ValidationError ? ` (${failure.message.replace(/\.$/, '')})` : '';
}

/** What the index is to be asked; null: nothing, so that it finds nothing. */
type Ask = FeatureQuery | ({ kind: 'embedding' } & TextToEmbed) | null;

function askOf({ query, targets }: PlannedSearch, extractors: ExtractorRegistry): Ask {
  if (query === null || query.kind === 'vector') return query;
  const [extractor] = targets.map(({ feature }) => extractorOf(feature, extractors, ['input', 'retrieverId']));
  invariant(extractor, 'a text query is asked of a feature that an extractor fills');
  if (extractor.kind === 'vector') return { kind: 'embedding', extractor, text: query.text };
  const terms = [...extractor.terms(query.text).keys()];
  return terms.length === 0 ? null : { kind: 'lexical', terms };
}

interface Outcome extends RankedList {
  ms: number;
  /** What was thrown; null where it answered. */
  failure: unknown;
}

async function runOne(
  deps: RunSearchesDeps,
  search: PlannedSearch,
  ask: Ask,
  embeddings: QueryEmbeddings,
): Promise<Outcome> {
  const { featureUri } = search;
  if (ask === null) return { featureUri, hits: [], ms: 0, failure: null };
  let elapsed = stopwatch();
  try {
    const query = await queryOf(ask, embeddings);
    elapsed = stopwatch();
    const hits = await searchAll(deps.searcher, search, query);
    return { featureUri, hits, ms: elapsed(), failure: null };
  } catch (failure) {
    deps.logger.error({ err: failure, featureUri }, 'A feature search failed.');
    return { featureUri, hits: [], ms: elapsed(), failure };
  }
}

async function queryOf(ask: NonNullable<Ask>, embeddings: QueryEmbeddings): Promise<FeatureQuery> {
  if (ask.kind === 'embedding') return { kind: 'vector', vector: await embeddings.vectorOf(ask) };
  return ask.kind === 'lexical' ? { kind: 'lexical', terms: ask.terms.slice(0, MAX_TERMS) } : ask;
}

async function searchAll(
  searcher: FeatureSearcher,
  { targets, topK, filter }: PlannedSearch,
  query: FeatureQuery,
): Promise<ScoredDocument[]> {
  const lists = await Promise.all(
    targets.map(({ collection, feature }) => searcher.search({ collection, feature, query, topK, filter })),
  );
  const [only, ...others] = lists;
  return only !== undefined && others.length === 0 ? only : mergeByScore(lists, topK);
}

/** The best of several collections. The same document id is the same document, at its best score. */
export function mergeByScore(lists: readonly (readonly ScoredDocument[])[], topK: number): ScoredDocument[] {
  const best = new Map<string, ScoredDocument>();
  for (const hit of lists.flat()) {
    const known = best.get(hit.documentId);
    if (known === undefined || hit.score > known.score) best.set(hit.documentId, hit);
  }
  return [...best.values()].sort((a, b) => b.score - a.score || (a.documentId < b.documentId ? -1 : 1)).slice(0, topK);
}
