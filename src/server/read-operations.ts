import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraphQLError, parse, validate } from 'graphql';
import { schema } from '../../schema/index.ts';
import { searchQuery, trackMutation, watchSubscription } from '../client/operations.ts';
import { OperatorError } from '../shared/errors.ts';
import { anyOperation, type OperationPolicy } from './operation-list.ts';

/** What the client sends that the server itself hands out, at /client.js. */
const ofTheClient = [searchQuery, trackMutation, watchSubscription];

/**
 * @param place a file or folder; null: no operations are given
 * @throws OperatorError as readOperations
 */
export async function readOperationPolicy(place: string | null, only: boolean): Promise<OperationPolicy> {
  if (place === null) return anyOperation;
  const own = ofTheClient.map((text) => [sha256(text), text] as const);
  return { known: new Map([...own, ...(await readOperations(place))]), only };
}

/**
 * The operations that an operator gives the server, by their ids: of a folder, each `.graphql` file in it by the SHA-256 of its
 * text; of a JSON file, `{ "<id>": "<operation>" }`, as code generators write it.
 * @throws OperatorError that names the file, and what in it does not fit the schema
 */
export async function readOperations(place: string): Promise<Map<string, string>> {
  const operations = await read(place).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`ATTUNE_OPERATIONS names ${place}, which cannot be read: ${error.message}.`);
  });
  if (operations.length === 0) {
    throw new OperatorError(`ATTUNE_OPERATIONS names ${place}, in which there is no operation.`);
  }
  for (const { name, text } of operations) {
    const fault = faultOf(text);
    if (fault !== null) throw new OperatorError(`ATTUNE_OPERATIONS: ${name} is no operation of this server: ${fault}`);
  }
  return new Map(operations.map(({ id, text }) => [id, text]));
}

interface NamedOperation {
  id: string;
  /** For messages. */
  name: string;
  text: string;
}

async function read(place: string): Promise<NamedOperation[]> {
  if (!(await stat(place)).isDirectory()) return parseManifest(place, await readFile(place, 'utf8'));
  const names = (await readdir(place, { recursive: true })).filter((name) => /\.(graphql|gql)$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(place, name), 'utf8');
      return { id: sha256(text), name, text };
    }),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseManifest(file: string, text: string): NamedOperation[] {
  const manifest = parseJson(text);
  const isManifest =
    typeof manifest === 'object' &&
    manifest !== null &&
    !Array.isArray(manifest) &&
    Object.values(manifest).every((operation) => typeof operation === 'string');
  if (!isManifest) {
    throw new OperatorError(
      `ATTUNE_OPERATIONS names ${file}, which must be a folder of .graphql files, or JSON like { "<id>": "<operation>" }.`,
    );
  }
  return Object.entries(manifest as Record<string, string>).map(([id, operation]) => ({
    id,
    name: id,
    text: operation,
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null: none. */
function faultOf(text: string): string | null {
  try {
    return validate(schema, parse(text))[0]?.message ?? null;
  } catch (error) {
    if (error instanceof GraphQLError) return error.message;
    throw error;
  }
}
