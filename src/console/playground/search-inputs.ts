/** An input that a search of a retriever may give. */
export interface InputField {
  name: string;
  hint: string | null;
  required: boolean;
  /** Anything but text is typed as JSON. */
  isText: boolean;
}

/** Given by fields of their own. */
const given = new Set(['user_id', 'session_id', 'segment']);

/** @param inputSchema of the retriever; null: any inputs, so that only `query` can be guessed */
export function inputFields(inputSchema: unknown): InputField[] {
  if (typeof inputSchema !== 'object' || inputSchema === null) return [queryField];
  const fields = Object.entries(inputSchema)
    .filter(([name]) => !given.has(name))
    .map(([name, entry]) => toField(name, entry));
  return fields.length === 0 ? [queryField] : fields;
}

const queryField: InputField = { name: 'query', hint: null, required: true, isText: true };

function toField(name: string, entry: unknown): InputField {
  const known = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
  const { type, description, required } = known;
  return {
    name,
    hint: typeof description === 'string' ? description : null,
    required: required === true || name === 'query',
    isText: type === undefined || type === 'text' || type === 'string',
  };
}

/** What was typed, as the API takes it; what was left empty is left out. @throws Error that names the field */
export function toInputs(
  fields: readonly InputField[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const entries = fields.flatMap(({ name, isText }): [string, unknown][] => {
    const text = typed[name]?.trim() ?? '';
    if (text === '') return [];
    return [[name, isText ? text : parsed(name, text)]];
  });
  return Object.fromEntries(entries);
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} must be JSON, such as 12 or ["a", "b"].`);
  }
}
