import type { Collection, CollectionFeature } from '../collections/collection.ts';
import { renderFilter } from '../retrievers/filter-template.ts';
import { renderedQuery, type RenderedQuery } from '../retrievers/query-template.ts';
import type { FeatureSearch, Retriever, Template } from '../retrievers/retriever.ts';
import { renderTemplate, templateReferences } from '../retrievers/template.ts';
import { invariant } from '../shared/invariant.ts';
import type { Filter } from './filter.ts';
import type { RetrieverInputs } from './retriever-inputs.ts';

/** One feature's search, ready to run. */
export interface PlannedSearch {
  featureUri: string;
  topK: number;
  /** Null: its query is made of an optional input that this search leaves out, so that it finds nothing. */
  query: RenderedQuery | null;
  filter: Filter | null;
  /** The collections that have the feature, and its index in each. */
  targets: readonly { collection: Collection; feature: CollectionFeature }[];
}

/**
 * Fills in the templates of the retriever's feature searches.
 * @throws ValidationError MISSING_INPUT, EMPTY_QUERY, INVALID_QUERY, INVALID_FILTER, …
 */
export function planSearches(
  retriever: Retriever,
  collections: readonly Collection[],
  inputs: RetrieverInputs,
): PlannedSearch[] {
  const [stage] = retriever.stages;
  const stageFilter = stage.filters === null ? null : renderFilter(stage.filters, inputs.lookup);
  return stage.searches.map((search) => {
    const targets = targetsOf(search, collections);
    const [target] = targets;
    invariant(target, `a collection of retriever ${retriever.id} has the feature ${search.featureUri}`);
    const ownFilter = search.filters === null ? null : renderFilter(search.filters, inputs.lookup);
    return {
      featureUri: search.featureUri,
      topK: search.topK,
      query: renderQuery(search.query, target.feature, inputs),
      filter: bothFilters(stageFilter, ownFilter),
      targets,
    };
  });
}

function targetsOf(search: FeatureSearch, collections: readonly Collection[]): PlannedSearch['targets'] {
  return collections.flatMap((collection) => {
    const feature = collection.features.find((candidate) => candidate.featureUri === search.featureUri);
    return feature === undefined ? [] : { collection, feature };
  });
}

function renderQuery(template: Template, feature: CollectionFeature, inputs: RetrieverInputs): RenderedQuery | null {
  const [reference, ...others] = templateReferences(template, []);
  if ([reference ?? [], others].flat().some((name) => inputs.isLeftOut(name))) return null;
  const blamed = reference !== undefined && others.length === 0 ? reference.split('.') : [];
  return renderedQuery(renderTemplate(template, inputs.lookup), feature, ['input', 'inputs', ...blamed]);
}

function bothFilters(left: Filter | null, right: Filter | null): Filter | null {
  if (left === null || right === null) return left ?? right;
  return { kind: 'and', operands: [left, right] };
}
