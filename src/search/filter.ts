export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'nin' | 'contains' | 'exists';
export type FilterValue = string | number | boolean | null | readonly FilterValue[];

/** A condition on a document's metadata; `document_id` and `content` name those. */
export type Filter =
  | { kind: 'and' | 'or'; operands: readonly Filter[] }
  | { kind: 'not'; operand: Filter }
  | { kind: 'comparison'; field: string; operator: ComparisonOperator; value: FilterValue };
