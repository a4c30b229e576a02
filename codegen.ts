import type { CodegenConfig } from '@graphql-codegen/cli';

const client = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    enumsAsTypes: true,
    useTypeImports: true,
    strictScalars: true,
    // what may be null is null, and never left out of an answer
    avoidOptionals: { field: true },
    scalars: { DateTime: 'string', JSON: 'unknown', Vector: 'readonly number[]' },
  },
} as const;

/**
 * Types for the operations of the console and of test/examples, from the printed schema: `npm run codegen`. What it
 * writes is not committed: the console's build and `npm run check` write it anew.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  ignoreNoDocuments: true,
  emitLegacyCommonJSImports: false,
  generates: {
    'test/examples/gql/': { ...client, documents: ['test/examples/**/*.graphql'] },
    'src/console/gql/': { ...client, documents: ['src/console/**/*.graphql'] },
  },
};

export default config;
