import { readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLNamedType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { printedSchema, schemaFile } from '../../schema/print-schema.ts';

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const rootFields = rootTypes.flatMap((type) => Object.values(type?.getFields() ?? {}));

/** Mutations that share their union, or their payload, with others. */
const sharedAnswers: Record<string, string> = {
  createEvaluationDataset: 'EvaluationDataset',
  generateEvaluationDataset: 'EvaluationDataset',
  optOutUser: 'UserPreference',
  optInUser: 'UserPreference',
  resetPreferences: 'UserPreference',
};

/** Those that share their input as well. */
const sharedInputs: Record<string, string> = {
  optOutUser: 'UserPreference',
  optInUser: 'UserPreference',
  resetPreferences: 'UserPreference',
};

describe('the contract', () => {
  test('is what schema.graphql says', () => {
    const message = 'run node --import tsx schema/print-schema.ts';
    expect(readFileSync(schemaFile, 'utf8'), message).toBe(printedSchema());
  });

  test('breaks nothing that clients are written against', () => {
    const outline = buildSchema(readFileSync(new URL('outline.graphql', import.meta.url), 'utf8'));
    expect(findBreakingChanges(outline, schema)).toEqual([]);
  });

  test('has no interface of global ids: an id is the plain one that the store gave', () => {
    expect(schema.getType('Node')).toBeUndefined();
  });

  test('asks every mutation for one input and answers with its payload or one of four errors', () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const name = `${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}`;
      expect(field.args.map((argument) => `${argument.name}: ${String(argument.type)}`)).toEqual([
        `input: ${sharedInputs[field.name] ?? name}Input!`,
      ]);
      const answer = sharedAnswers[field.name] ?? name;
      const union = schema.getType(`${answer}Result`);
      expect(String(field.type)).toBe(`${answer}Result!`);
      const members = isUnionType(union) ? union.getTypes().map((type) => type.name) : [];
      const errors = ['ConflictError', 'ForbiddenError', 'NotFoundError', 'ValidationError'];
      expect(members.sort()).toEqual([`${answer}Payload`, ...errors].sort());
    }
  });

  test('names a scope for every field that can be asked first', () => {
    const scopes = Object.fromEntries(
      rootFields.map((field) => {
        const { pothosOptions } = field.extensions as { pothosOptions?: { authScopes?: { scope?: string } } };
        return [field.name, pothosOptions?.authScopes?.scope];
      }),
    );
    const withScope = (scope: string) => Object.keys(scopes).filter((name) => scopes[name] === scope);
    expect(withScope('search').sort()).toEqual(['execution', 'learnedWeights', 'search']);
    expect(withScope('interact').sort()).toEqual(['recordInteraction', 'recordInteractions']);
    expect(Object.keys(scopes).filter((name) => scopes[name] === undefined)).toEqual([]);
  });

  test('says the needed scope in the description of every such field', () => {
    expect(rootFields.filter((field) => !/Scope: (ADMIN|SEARCH|INTERACT)/.test(field.description ?? ''))).toEqual([]);
  });

  test('describes every type, field, argument and value', () => {
    expect(ownTypes.flatMap(undescribed)).toEqual([]);
  });
});

function undescribed(type: GraphQLNamedType): string[] {
  const things: { at: string; description?: string | null | undefined }[] = [
    { at: type.name, description: type.description },
  ];
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      things.push({ at: `${type.name}.${field.name}`, description: field.description });
      things.push(
        ...field.args.map((arg) => ({ at: `${type.name}.${field.name}.${arg.name}`, description: arg.description })),
      );
    }
  }
  if (isInputObjectType(type)) {
    things.push(
      ...Object.values(type.getFields()).map((f) => ({ at: `${type.name}.${f.name}`, description: f.description })),
    );
  }
  if (isEnumType(type)) {
    things.push(...type.getValues().map((v) => ({ at: `${type.name}.${v.name}`, description: v.description })));
  }
  return things.filter(({ description }) => !description).map(({ at }) => at);
}
