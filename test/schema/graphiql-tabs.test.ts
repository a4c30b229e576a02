import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { tabs } from '../../src/server/graphiql-tabs.ts';

describe('the tabs of GraphiQL', () => {
  test.each(tabs.map(({ query, variables }) => [query.split('\n')[0], query, variables] as const))(
    '%s is of this schema, and has all its variables',
    (_title, query, variables = '{}') => {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const known = Object.keys(JSON.parse(variables) as object);
      const asked = document.definitions.flatMap((definition) =>
        'variableDefinitions' in definition ? (definition.variableDefinitions ?? []) : [],
      );
      expect(known.toSorted()).toEqual([...new Set(asked.map(({ variable }) => variable.name.value))].sort());
    },
  );

  test('walk from the first look to the kill switch', () => {
    const all = tabs.map(({ query }) => query).join('\n');
    for (const field of ['search', 'recordInteraction', 'learnedWeights', 'compareEvaluations', 'killLearnedFusion']) {
      expect(all).toContain(`  ${field}(`);
    }
  });
});
