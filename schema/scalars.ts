import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver, JSONResolver } from 'graphql-scalars';

export const JSONScalar = new GraphQLScalarType({
  ...JSONResolver.toConfig(),
  description: 'Any JSON value. Send objects as they are, not as strings that hold JSON.',
});

export const DateTimeScalar = new GraphQLScalarType({
  ...DateTimeResolver.toConfig(),
  description: 'A moment in time, as an RFC 3339 string with a zone: `2026-03-01T12:00:00Z`. Answers are in UTC.',
});

/** Dimension is the index's affair: the use case checks it. */
export const VectorScalar = new GraphQLScalarType<readonly number[], readonly number[]>({
  name: 'Vector',
  description:
    'A list of finite numbers, `[0.1, -0.2, …]`. Its length must be the dimension of the feature that it is for.',
  serialize: (value) => finiteNumbers(value),
  parseValue: (value) => finiteNumbers(value),
  parseLiteral: (node) => finiteNumbers(node.kind === Kind.LIST ? node.values.map(literalNumber) : null),
});

function literalNumber(node: ValueNode): unknown {
  return node.kind === Kind.INT || node.kind === Kind.FLOAT ? Number(node.value) : null;
}

function finiteNumbers(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw invalidVector('A vector must be a list of numbers.');
  const bad = value.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0)
    throw invalidVector(`The number at index ${bad} of a vector is ${show(value[bad])}; each must be finite.`);
  return value as number[];
}

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : `no number (${value === null ? 'null' : typeof value})`;
}

function invalidVector(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_VECTOR' } });
}
