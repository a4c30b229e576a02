import { ValidationError } from '../shared/errors.ts';
import type { Template } from './retriever.ts';

const PLACEHOLDER = /\{\{\s*INPUT\.([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*\}\}/g;
const ONE_PLACEHOLDER = new RegExp(`^${PLACEHOLDER.source}$`);
const MAX_DEPTH = 32;

/** Looks up what a placeholder refers to: `query`, or `user.city` where dots descend. */
export type InputLookup = (reference: string) => unknown;

/** The input a reference starts from: `user` of `user.city`. */
export function inputNameOf(reference: string): string {
  return reference.split('.', 1)[0] ?? reference;
}

/** What a string refers to when it is one placeholder and nothing else; null for any other value. */
export function onlyReference(template: Template): string | null {
  return typeof template === 'string' ? (ONE_PLACEHOLDER.exec(template)?.[1] ?? null) : null;
}

/**
 * Every reference in a template, each once.
 * @throws ValidationError INVALID_TEMPLATE for braces that are no placeholder, and for JSON nested too deeply
 */
export function templateReferences(template: Template, path: readonly (string | number)[]): string[] {
  const references = new Set<string>();
  visitStrings(template, path, 0, (text) => {
    for (const [, reference] of text.matchAll(PLACEHOLDER)) if (reference !== undefined) references.add(reference);
  });
  return [...references];
}

/**
 * The template with its placeholders filled in. A string that is one placeholder becomes the value as it is, so that
 * numbers and vectors keep their type; inside a longer string the value is written out.
 */
export function renderTemplate(template: Template, lookup: InputLookup): unknown {
  if (typeof template === 'string') return renderText(template, lookup);
  if (Array.isArray(template)) return template.map((item) => renderTemplate(item, lookup));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderTemplate(value, lookup)]));
}

function renderText(text: string, lookup: InputLookup): unknown {
  const whole = onlyReference(text);
  if (whole !== null) return lookup(whole);
  return text.replace(PLACEHOLDER, (_placeholder, reference: string) => written(reference, lookup(reference)));
}

function written(reference: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ValidationError(
    `The input "${reference}" is written into a longer text: send a text, a number or a boolean.`,
    'INVALID_INPUT',
    ['input', 'inputs', ...reference.split('.')],
  );
}

function visitStrings(
  template: Template,
  path: readonly (string | number)[],
  depth: number,
  visit: (text: string) => void,
): void {
  if (depth > MAX_DEPTH) {
    throw new ValidationError(`The template is nested more than ${MAX_DEPTH} levels deep.`, 'INVALID_TEMPLATE', path);
  }
  if (typeof template === 'string') {
    assertWellFormed(template, path);
    visit(template);
  } else if (Array.isArray(template)) {
    template.forEach((item, index) => visitStrings(item, [...path, index], depth + 1, visit));
  } else if (isRecord(template)) {
    for (const [key, value] of Object.entries(template)) {
      if (key.includes('{{')) {
        throw new ValidationError(
          `The key "${key}" holds a placeholder: placeholders stand in values only.`,
          'INVALID_TEMPLATE',
          path,
        );
      }
      visitStrings(value, [...path, key], depth + 1, visit);
    }
  }
}

function assertWellFormed(text: string, path: readonly (string | number)[]): void {
  const rest = text.replace(PLACEHOLDER, ' ');
  if (!rest.includes('{{') && !rest.includes('}}')) return;
  throw new ValidationError(
    `"${shortened(text)}" is not a valid template: write a placeholder as {{INPUT.name}}, where the name is made of letters, digits, "_" and "-", and dots descend.`,
    'INVALID_TEMPLATE',
    path,
  );
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
