/**
 * Cheap features of a query that can name a context, as if they were search inputs: queries of one kind may need other
 * weights than the rest (OpenSearch, "Dynamically Optimizing Hybrid Search", 2024, predicts weights from such).
 */
export const queryFeatureNames = ['query_words', 'query_digits', 'query_quoted'] as const;

type QueryFeatures = Record<(typeof queryFeatureNames)[number], string>;

/** @returns query_words 1, 2, 3 or 4+; query_digits and query_quoted yes or no; null for an empty text */
export function queryFeatures(text: string): QueryFeatures | null {
  const words = text.split(/\s+/u).filter((word) => word !== '').length;
  if (words === 0) return null;
  return {
    query_words: words > 3 ? '4+' : String(words),
    query_digits: /\p{N}/u.test(text) ? 'yes' : 'no',
    query_quoted: /"[^"]+"|“[^”]+”|«[^»]+»/u.test(text) ? 'yes' : 'no',
  };
}
