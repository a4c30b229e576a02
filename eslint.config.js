import js from '@eslint/js';
import graphql from '@graphql-eslint/eslint-plugin';
import tseslint from 'typescript-eslint';

const scripts = ['**/*.{ts,tsx,js,mjs,cjs}'];
const schemaFile = 'schema/schema.graphql';
const operationFiles = ['test/examples/*.graphql', 'src/console/**/*.graphql'];
const graphqlLanguage = {
  parser: graphql.parser,
  parserOptions: { graphQLConfig: { schema: schemaFile, documents: operationFiles } },
};

export default tseslint.config(
  {
    ignores: ['node_modules/', 'coverage/', '.attune/', '.stryker-tmp/', 'reports/', '**/gql/', 'src/*/dist/'],
  },
  {
    files: scripts,
    extends: [js.configs.recommended, ...tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Take an Rng (src/shared/rng.ts) instead.',
        },
      ],
    },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: [schemaFile],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: graphqlLanguage,
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      // an answer is mostly values: only what can be asked for again has an id
      '@graphql-eslint/strict-id-in-types': 'off',
      // featureUri, rolloutPct, signalType: one name wherever the thing stands, also beside others
      '@graphql-eslint/no-typename-prefix': 'off',
      '@graphql-eslint/input-name': ['error', { checkInputType: false }],
      '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
      '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
      ...graphql.configs['flat/schema-relay'].rules,
      // ids are those of the store, and there is no Node; a list of a few things is a list
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // paging goes forward only: every list is newest first
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
    },
  },
  {
    files: operationFiles,
    plugins: { '@graphql-eslint': graphql },
    languageOptions: graphqlLanguage,
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      // for caches that merge answers by id, which no client here has
      '@graphql-eslint/require-selections': 'off',
    },
  },
);
