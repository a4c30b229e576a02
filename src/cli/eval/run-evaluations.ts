import { payloadOf } from '../../client/request.ts';
import { OperatorError } from '../../shared/errors.ts';
import { pause } from '../../shared/pause.ts';
import type { Send } from '../api.ts';
import type { ShownProgress } from '../show-progress.ts';

/** As the API has it; all but k are 0 to 1. */
export interface Metrics {
  k: number;
  ndcg: number;
  mrr: number;
  map: number;
  precision: number;
  recall: number;
  f1: number;
  judged: number;
}

export interface RunInput {
  retrieverId: string;
  datasetId: string;
  datasetVersion: number;
  kValues: number[];
  limit: number | null;
  /** Null: the retriever's own. */
  fusion: string | null;
  heldOutOnly: boolean;
}

export interface EvaluationResult {
  id: string;
  fusion: string | null;
  retrieverVersion: number;
  metrics: Metrics[];
  progress: { done: number; total: number; failed: number };
}

interface EvaluationState extends Omit<EvaluationResult, 'metrics'> {
  status: 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  error: string | null;
  metrics: Metrics[] | null;
}

const ASK_EVERY_MS = 250;

/**
 * Runs evaluations side by side until all are over. Called off, they are cancelled.
 * @returns in the order of the inputs; null where they were called off
 * @throws OperatorError where one fails
 */
export async function runEvaluations(
  send: Send,
  inputs: readonly RunInput[],
  signal: AbortSignal,
  shown: ShownProgress,
): Promise<EvaluationResult[] | null> {
  const ids: string[] = [];
  try {
    for (const input of inputs) ids.push(await start(send, input));
    for (;;) {
      if (signal.aborted) return null;
      const states = await Promise.all(ids.map((id) => stateOf(send, id)));
      const sum = (field: 'done' | 'total') => states.reduce((all, { progress }) => all + progress[field], 0);
      shown.update(sum('done'), `${sum('done')} of ${sum('total')} queries`, sum('total'));
      const results = states.flatMap(finished);
      if (results.length === ids.length) return results;
      await pause(ASK_EVERY_MS, signal);
    }
  } finally {
    if (signal.aborted) await Promise.allSettled(ids.map((id) => cancel(send, id)));
  }
}

async function start(send: Send, input: RunInput): Promise<string> {
  const mutation = `mutation ($input: RunEvaluationInput!) { runEvaluation(input: $input) {
    ... on RunEvaluationPayload { evaluation { id } } ... on Error { code message path }
  } }`;
  const { runEvaluation } = await send<{ runEvaluation: { evaluation: { id: string } } }>(mutation, { input });
  return payloadOf(runEvaluation).evaluation.id;
}

async function stateOf(send: Send, id: string): Promise<EvaluationState> {
  const query = `query ($id: ID!) { evaluation(id: $id) {
    id status error fusion retrieverVersion progress { done total failed }
    metrics { k ndcg mrr map precision recall f1 judged }
  } }`;
  return (await send<{ evaluation: EvaluationState }>(query, { id })).evaluation;
}

/** Nothing while it runs. @throws OperatorError where it ended otherwise than it should */
function finished({ status, error, metrics, ...state }: EvaluationState): EvaluationResult[] {
  if (status === 'COMPLETED' && metrics !== null) return [{ ...state, metrics }];
  if (status === 'FAILED') throw new OperatorError(`The evaluation ${state.id} failed: ${error}`);
  if (status === 'CANCELLED') throw new OperatorError(`The evaluation ${state.id} was cancelled meanwhile.`);
  return [];
}

async function cancel(send: Send, id: string): Promise<void> {
  const mutation = `mutation ($input: CancelEvaluationInput!) { cancelEvaluation(input: $input) { __typename } }`;
  await send(mutation, { input: { evaluationId: id } });
}
