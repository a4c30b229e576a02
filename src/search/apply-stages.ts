import type { Document } from '../collections/collection.ts';
import { documentField } from '../collections/document-field.ts';
import type { FusedHit } from '../fusion/ranked-list.ts';
import { renderFilter } from '../retrievers/filter-template.ts';
import type { Retriever, Stage } from '../retrievers/retriever.ts';
import type { InputLookup } from '../retrievers/template.ts';
import type { Facets } from './execution.ts';
import { countFacets } from './facets.ts';
import { keepBestOfGroups } from './group-by.ts';
import { matchesFilter } from './matches-filter.ts';
import { sortByAttribute } from './sort-by-attribute.ts';

/** Loads documents by id; those that are gone by now are left out. */
export type LoadDocuments = (documentIds: readonly string[]) => Promise<Document[]>;

/** A stage after the fusion, with its templates filled in. */
export type ReadyStage = (hits: readonly FusedHit[], documentOf: DocumentOf) => FusedHit[];

type DocumentOf = (hit: FusedHit) => Document | null;

/**
 * The stages after the feature search, with their templates filled in.
 * @throws ValidationError MISSING_INPUT, INVALID_FILTER
 */
export function readyStages(retriever: Retriever, lookup: InputLookup): ReadyStage[] {
  const [, ...rest] = retriever.stages;
  return rest.map((stage) => readyStage(stage, lookup));
}

/**
 * From the fused candidates to the hits: facets count all candidates, then groups are cut, then the list; then the
 * later stages, one after the other, each on what the one before it left. Documents are loaded once, and only where a
 * stage asks what is in them.
 */
export async function applyStages(
  fused: readonly FusedHit[],
  retriever: Retriever,
  later: readonly ReadyStage[],
  load: LoadDocuments,
): Promise<{ hits: FusedHit[]; facets: Facets | null }> {
  const [first, ...rest] = retriever.stages;
  const needsAll = first.facets.length > 0 || first.groupBy !== null;
  const needsSome = needsAll || rest.some((stage) => stage.kind !== 'limit');
  const wanted = needsAll ? fused : fused.slice(0, first.finalTopK);
  const documents = needsSome && wanted.length > 0 ? await load(wanted.map((hit) => hit.documentId)) : [];
  const byId = new Map(documents.map((document) => [document.documentId, document]));
  const documentOf: DocumentOf = (hit) => byId.get(hit.documentId) ?? null;

  const facets = first.facets.length === 0 ? null : countFacets(documents, first.facets);
  const { groupBy } = first;
  const grouped =
    groupBy === null ? fused : keepBestOfGroups(fused, groupBy, (hit) => fieldOf(documentOf(hit), groupBy.field));
  const hits = later.reduce((left, stage) => stage(left, documentOf), grouped.slice(0, first.finalTopK));
  return { hits, facets };
}

function readyStage(stage: Stage, lookup: InputLookup): ReadyStage {
  switch (stage.kind) {
    case 'attributeFilter': {
      const filter = renderFilter(stage.filter, lookup);
      return (hits, documentOf) =>
        hits.filter((hit) => {
          const document = documentOf(hit);
          return document !== null && matchesFilter(filter, document);
        });
    }
    case 'sortAttribute':
      return (hits, documentOf) =>
        sortByAttribute(hits, stage.direction, (hit) => fieldOf(documentOf(hit), stage.field));
    case 'limit':
      return (hits) => hits.slice(0, stage.limit);
    case 'featureSearch':
      throw new Error('Only the first stage is a feature search.');
  }
}

function fieldOf(document: Document | null, field: string): unknown {
  return document === null ? null : documentField(document, field);
}
