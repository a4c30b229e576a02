import { ValidationError } from '../shared/errors.ts';

const INPUT_TYPES = ['text', 'string', 'number', 'integer', 'boolean', 'array', 'vector', 'object'] as const;
type InputType = (typeof INPUT_TYPES)[number];

const MAX_INPUTS = 64;
const INPUT_NAME = /^[A-Za-z_][\w-]{0,63}$/;

/** What a retriever says of one input. */
export interface InputSpec {
  /** Null: any type. */
  type: InputType | null;
  /** False: a search may come without it. True: never. Null: not said; needed where a template uses it. */
  required: boolean | null;
  /** Taken where a search comes without it; undefined: none. */
  default: unknown;
}

export type InputSchema = ReadonlyMap<string, InputSpec>;

/**
 * Reads an input schema, either `{ "query": { "type": "text" } }` or the JSON Schema form
 * `{ "type": "object", "properties": { … }, "required": […] }`. Null (any input goes) stays null.
 * @throws ValidationError INVALID_INPUT_SCHEMA
 */
export function parseInputSchema(schema: unknown, path: readonly (string | number)[]): InputSchema | null {
  if (schema === null || schema === undefined) return null;
  if (!isRecord(schema)) fail('must be an object such as { "query": { "type": "text" } }', path);
  const jsonSchema = schema.type === 'object' && isRecord(schema.properties);
  const specs = jsonSchema ? (schema.properties as Record<string, unknown>) : schema;
  const specsPath = jsonSchema ? [...path, 'properties'] : path;
  const requiredNames = jsonSchema ? requiredList(schema.required, path) : null;
  const entries = Object.entries(specs);
  if (entries.length > MAX_INPUTS) fail(`lists ${entries.length} inputs: at most ${MAX_INPUTS} are allowed`, path);
  return new Map(
    entries.map(([name, spec]) => [name, parseSpec(name, spec, requiredNames, [...specsPath, name])] as const),
  );
}

/** Says of a value of an input whether it fits, as "must be …"; null where it does. */
export function misfit(spec: InputSpec, value: unknown): string | null {
  if (spec.type === null || fits(spec.type, value)) return null;
  return `must be ${described[spec.type]}`;
}

/** The inputs of a schema in words: `query (text), size (number, optional)`. */
export function describeInputs(schema: InputSchema): string {
  if (schema.size === 0) return 'none';
  return [...schema]
    .map(([name, spec]) => {
      const notes = [spec.type ?? [], spec.required !== false && spec.default === undefined ? [] : 'optional'].flat();
      return notes.length === 0 ? name : `${name} (${notes.join(', ')})`;
    })
    .join(', ');
}

const described: Record<InputType, string> = {
  text: 'a text',
  string: 'a text',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  vector: 'a list of numbers',
  object: 'an object',
};

function fits(type: InputType, value: unknown): boolean {
  switch (type) {
    case 'text':
    case 'string':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'vector':
      return Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));
    case 'object':
      return isRecord(value);
  }
}

function parseSpec(
  name: string,
  spec: unknown,
  requiredNames: ReadonlySet<string> | null,
  path: readonly (string | number)[],
): InputSpec {
  if (!INPUT_NAME.test(name)) {
    fail(
      `names an input "${name.slice(0, 80)}": use up to 64 letters, digits, "_" and "-", not starting with a digit`,
      path,
    );
  }
  if (!isRecord(spec)) fail(`must describe the input "${name}" by an object such as { "type": "text" }`, path);
  const type = spec.type ?? null;
  if (type !== null && !isInputType(type)) {
    fail(`gives the input "${name}" an unknown type: use one of ${INPUT_TYPES.join(', ')}`, [...path, 'type']);
  }
  const ownRequired = spec.required ?? null;
  if (ownRequired !== null && typeof ownRequired !== 'boolean') {
    fail(`must say true or false in "required" of the input "${name}"`, [...path, 'required']);
  }
  const parsed = {
    type,
    required: ownRequired ?? requiredNames?.has(name) ?? null,
    default: spec.default ?? undefined,
  };
  const problem = parsed.default === undefined ? null : misfit(parsed, parsed.default);
  if (problem !== null) fail(`gives the input "${name}" a default that ${problem}`, [...path, 'default']);
  return parsed;
}

/** The names in a JSON Schema's `required`; null where it has none. */
function requiredList(required: unknown, path: readonly (string | number)[]): ReadonlySet<string> | null {
  if (required === undefined || required === null) return null;
  if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) {
    fail('must list the names of inputs in "required"', [...path, 'required']);
  }
  return new Set(required);
}

function isInputType(type: unknown): type is InputType {
  return (INPUT_TYPES as readonly unknown[]).includes(type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(what: string, path: readonly (string | number)[]): never {
  throw new ValidationError(`inputSchema ${what}.`, 'INVALID_INPUT_SCHEMA', path);
}
