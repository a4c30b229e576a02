import { builder } from './builder.ts';
import { withLimitedPages } from './connection.ts';
import { withCodedErrors } from './errors.ts';
import './collection.ts';
import './retriever.ts';
import './search.ts';
import './search-preview.ts';
import './interaction.ts';
import './dead-letter.ts';
import './rollout-control.ts';
import './user-data.ts';
import './learned-weights.ts';
import './examination-curve.ts';
import './rebuild.ts';
import './evaluation-dataset.ts';
import './evaluation.ts';
import './evaluation-comparison.ts';
import './benchmark.ts';
import './interleaving.ts';
import './off-policy.ts';
import './analytics.ts';
import './access.ts';

/** The whole contract. print-schema.ts writes it to schema/schema.graphql. */
export const schema = withLimitedPages(withCodedErrors(builder.toSchema()));
