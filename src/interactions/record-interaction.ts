import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import { findLastShowing, findShowings, type FindShowingsDeps } from '../search/find-showings.ts';
import type { Showing } from '../search/showing.ts';
import { DomainError, NotFoundError, ValidationError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import { checkInteraction, CLOCK_SKEW_MS, type CheckedInteraction, type InputPath } from './check-interaction.ts';
import type { InteractionInput, RecordInteractionResult, RecordInteractionsResult } from './interaction-input.ts';
import type { Interaction } from './interaction.ts';
import type { InteractionStore, NewInteraction, RecordedInteraction } from './interaction-store.ts';
import { learningClaim, type Client, type LearningCaps, type SubjectOf } from './learning-caps.ts';
import { tieToNothing, tieToShowing, type TiedInteraction } from './tie-interaction.ts';

export interface RecordInteractionDeps extends FindShowingsDeps {
  interactions: Pick<InteractionStore, 'record'>;
  retrievers: Pick<RetrieverStore, 'get'>;
  /** A fresh UUIDv7. */
  newId: () => string;
  /** Called after each commit that stored something. */
  wakeRelay: () => void;
  caps: LearningCaps;
  /** How many events one call may bring; default 1000. */
  maxInteractions?: number;
  subjectOf: SubjectOf;
  /** How many lists a retriever has learned from, as far as is known here. */
  listsLearned: (retrieverId: string) => Promise<number>;
}

export const defaultMaxInteractions = 1_000;
/** How far back an event without an executionId is tied to its user's searches. */
const TIE_WINDOW_MS = 24 * 3_600_000;
/** No other instance's clock is further ahead: no search is later. */
const INSTANCE_SKEW_MS = 60_000;

/**
 * Stores one event; when it returns, the event is committed.
 * @param client null: an event of the process itself, which is not capped
 * @throws ValidationError, NotFoundError
 */
export async function recordInteraction(
  deps: RecordInteractionDeps,
  namespaceId: string,
  input: InteractionInput,
  client: Client | null = null,
): Promise<RecordInteractionResult> {
  const [outcome] = await recordAll(deps, { namespaceId, client }, [input], () => ['input']);
  invariant(outcome !== undefined, 'one input has one outcome');
  if (outcome instanceof DomainError) throw outcome;
  const isStranger = outcome.duplicate && client?.isTrusted === false && !knows(input, outcome.interaction);
  return isStranger ? { ...outcome, interaction: withoutPerson(outcome.interaction) } : outcome;
}

/** Whether whoever sent this had the first one, which it repeats, or the search that it is about. */
function knows({ executionId, userId, sessionId }: InteractionInput, first: Interaction): boolean {
  if (first.executionId !== null && executionId?.toLowerCase() === first.executionId) return true;
  return first.userId === userId && first.sessionId === sessionId;
}

/** An idempotency key may be guessed, and by a key that every visitor of a page has: what it answers says of nobody what they did. */
function withoutPerson(interaction: Interaction): Interaction {
  return { ...interaction, userId: null, sessionId: null, segment: null, metadata: {} };
}

/** Stores those that are sound, in one transaction, and says what is wrong with each of the others. @throws ValidationError TOO_MANY_INTERACTIONS */
export async function recordInteractions(
  deps: RecordInteractionDeps,
  namespaceId: string,
  inputs: readonly InteractionInput[],
  client: Client | null = null,
): Promise<RecordInteractionsResult> {
  const { maxInteractions = defaultMaxInteractions } = deps;
  if (inputs.length > maxInteractions) {
    throw new ValidationError(
      `interactions holds ${inputs.length} events, of ${maxInteractions} allowed: send them in several calls.`,
      'TOO_MANY_INTERACTIONS',
      ['input', 'interactions'],
    );
  }
  const outcomes = await recordAll(deps, { namespaceId, client }, inputs, (index) => ['input', 'interactions', index]);
  const recorded = outcomes.filter(isSound);
  const duplicates = recorded.filter((outcome) => outcome.duplicate).length;
  return {
    accepted: recorded.length - duplicates,
    beyondCap: recorded.filter(({ interaction, duplicate }) => !duplicate && !interaction.trains).length,
    duplicates,
    rejected: outcomes.flatMap((outcome, index) =>
      outcome instanceof DomainError ? [{ index, code: outcome.code, message: outcome.message }] : [],
    ),
  };
}

/** One outcome an input. Whatever is not the input's fault is thrown. */
async function recordAll(
  deps: RecordInteractionDeps,
  { namespaceId, client }: { namespaceId: string; client: Client | null },
  inputs: readonly InteractionInput[],
  pathOf: (index: number) => InputPath,
): Promise<(RecordedInteraction | DomainError)[]> {
  const now = deps.clock.now();
  const checked = inputs.map((input, index) => faultOr(() => checkInteraction(input, pathOf(index), now)));
  const lookUps = await lookUp(deps, namespaceId, checked.filter(isSound), now);
  const tied = checked.map((event) =>
    event instanceof DomainError ? event : faultOr(() => tie(deps, namespaceId, event, lookUps)),
  );
  const events = await claimed(deps, client, tied.filter(isSound));
  const recorded = events.length === 0 ? [] : await deps.interactions.record(events);
  if (recorded.some(({ duplicate }) => !duplicate)) deps.wakeRelay();

  let next = 0;
  return tied.map((event) => {
    const outcome = event instanceof DomainError ? event : recorded[next++];
    invariant(outcome !== undefined, 'the store answers for every event');
    return outcome;
  });
}

/** With ids, and with what each takes from what its client may teach. */
async function claimed(
  deps: RecordInteractionDeps,
  client: Client | null,
  events: readonly TiedInteraction[],
): Promise<NewInteraction[]> {
  const { caps, subjectOf, listsLearned, newId } = deps;
  if (client === null || caps.clicksPerClient === 0) return events.map((event) => ({ ...event, id: newId() }));
  const retrieverIds = distinct(events.map(({ retrieverId }) => retrieverId));
  const lists = new Map(await Promise.all(retrieverIds.map(async (id) => [id, await listsLearned(id)] as const)));
  return events.map((event) => {
    const learned = lists.get(event.retrieverId ?? '') ?? 0;
    return { ...event, id: newId(), claim: learningClaim(event, client, { caps, subjectOf, listsLearned: learned }) };
  });
}

interface LookUps {
  /** By execution. */
  showings: ReadonlyMap<string, Showing>;
  /** For events without an executionId, by `showingKey`. */
  lastShowings: ReadonlyMap<string, Showing>;
  retrieverIds: ReadonlySet<string>;
}

/** Everything the events refer to, each looked up once, all in parallel. */
async function lookUp(
  deps: RecordInteractionDeps,
  namespaceId: string,
  events: readonly CheckedInteraction[],
  now: number,
): Promise<LookUps> {
  const executionIds = distinct(events.map(({ executionId }) => executionId));
  const loose = events.filter(({ executionId }) => executionId === null);
  const retrieverIds = distinct(loose.map(({ retrieverId }) => retrieverId));
  const [showings, lastShowings, retrievers] = await Promise.all([
    findShowings(deps, namespaceId, executionIds),
    findLastShowings(deps, namespaceId, loose, now - TIE_WINDOW_MS),
    retrieverIds.length === 0 ? [] : deps.retrievers.get(namespaceId, retrieverIds),
  ]);
  return { showings, lastShowings, retrieverIds: new Set(retrievers.map(({ id }) => id)) };
}

async function findLastShowings(
  deps: RecordInteractionDeps,
  namespaceId: string,
  loose: readonly CheckedInteraction[],
  since: number,
): Promise<Map<string, Showing>> {
  const questions = new Map(loose.map((event) => [showingKey(event), event]));
  const found = new Map<string, Showing>();
  await Promise.all(
    [...questions].map(async ([key, event]) => {
      const { documentId, retrieverId, userId, sessionId, position } = event;
      const until = shownUntil(event);
      if (documentId === null || until < since) return;
      const query = { namespaceId, retrieverId, userId, sessionId, documentId, position, since, until };
      const showing = await findLastShowing(deps, query);
      if (showing !== null) found.set(key, showing);
    }),
  );
  return found;
}

/** Until when the search may have been that an event is about. The same for all of the last minutes, so that they ask once. */
function shownUntil({ occurredAt, receivedAt }: CheckedInteraction): number {
  return Math.min(occurredAt + CLOCK_SKEW_MS, receivedAt + INSTANCE_SKEW_MS);
}

function showingKey(event: CheckedInteraction): string {
  const { retrieverId, userId, sessionId, documentId, position } = event;
  return JSON.stringify([retrieverId, userId, sessionId, documentId, position, shownUntil(event)]);
}

function tie(
  deps: RecordInteractionDeps,
  namespaceId: string,
  event: CheckedInteraction,
  { showings, lastShowings, retrieverIds }: LookUps,
): TiedInteraction {
  if (event.executionId !== null) {
    const showing = showings.get(event.executionId);
    if (showing !== undefined) return tieToShowing(event, showing);
    checkExecutionId(deps, namespaceId, event.executionId, event.path);
    throw new NotFoundError('No such execution is stored.', 'EXECUTION_NOT_FOUND', [...event.path, 'executionId']);
  }
  if (event.retrieverId !== null && !retrieverIds.has(event.retrieverId)) {
    throw new NotFoundError(`There is no retriever ${event.retrieverId} in this namespace.`, 'RETRIEVER_NOT_FOUND', [
      ...event.path,
      'retrieverId',
    ]);
  }
  const showing = lastShowings.get(showingKey(event));
  return showing === undefined ? tieToNothing(event, namespaceId) : tieToShowing(event, showing);
}

function checkExecutionId(deps: RecordInteractionDeps, namespaceId: string, id: string, path: InputPath): void {
  const verdict = deps.executionIds.verify(namespaceId, id);
  if (verdict === 'valid') return;
  const at = [...path, 'executionId'];
  if (verdict === 'expired') {
    throw new ValidationError('The execution is too old to take feedback: search again.', 'EXECUTION_EXPIRED', at);
  }
  throw new ValidationError(
    'executionId was not issued by a search in this namespace: pass it on exactly as search returned it.',
    'INVALID_EXECUTION_ID',
    at,
  );
}

function faultOr<Result>(work: () => Result): Result | DomainError {
  try {
    return work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function isSound<Value>(value: Value | DomainError): value is Value {
  return !(value instanceof DomainError);
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
