import { parentPort } from 'node:worker_threads';
import { OperatorError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';

/** Main thread → worker. */
export type ThreadRequest = { kind: 'ask'; id: number; question: unknown } | { kind: 'close' };

/** Worker → main thread: `ready` or `unusable` first, then one answer a question. */
export type ThreadReply =
  | { kind: 'ready' }
  | { kind: 'unusable'; message: string; remediable: boolean }
  | { kind: 'answered'; id: number; answer: unknown }
  | { kind: 'failed'; id: number; message: string };

/** A loaded model. */
export interface ServedModel<Question, Answer> {
  answer(question: Question): Promise<Answer>;
  /** What of an answer may be handed over instead of being copied. */
  transfer(answer: Answer): ArrayBuffer[];
  close(): Promise<void>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Loads a model in this worker thread and answers questions until told to close. */
export async function serveModel<Question, Answer>(load: () => Promise<ServedModel<Question, Answer>>): Promise<void> {
  const port = parentPort;
  invariant(port, 'a model is served from a worker thread');
  const reply = (message: ThreadReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  let model: ServedModel<Question, Answer>;
  try {
    model = await load();
  } catch (error) {
    reply({ kind: 'unusable', message: messageOf(error), remediable: error instanceof OperatorError });
    return;
  }

  port.on('message', (request: ThreadRequest) => {
    if (request.kind === 'close') {
      void model.close().finally(() => port.close());
      return;
    }
    const { id, question } = request;
    model.answer(question as Question).then(
      (answer) => reply({ kind: 'answered', id, answer }, model.transfer(answer)),
      (error: unknown) => reply({ kind: 'failed', id, message: messageOf(error) }),
    );
  });
  reply({ kind: 'ready' });
}
