import { Worker } from 'node:worker_threads';
import { OperatorError } from '../shared/errors.ts';
import type { ThreadReply, ThreadRequest } from './model-worker.ts';

/** A model in a thread of its own, because inference blocks the thread it runs on. */
export interface ModelThread<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  close(): Promise<void>;
}

export interface ModelThreadOptions {
  /** Of the thread, for debuggers. */
  name: string;
  /** A module that calls serveModel. */
  entry: URL;
  /** Handed to the thread. */
  data: unknown;
  /** What to say where the model cannot be loaded, for a reason that the thread does not explain. */
  unusable: (reason: string) => OperatorError;
}

/** Starts a thread at the first question, and again at the next one after it has ended or could not be started. */
export function lazyModelThread<Question, Answer>(options: ModelThreadOptions): ModelThread<Question, Answer> {
  let thread: Promise<ModelThread<Question, Answer>> | null = null;
  let closed = false;

  function load(): Promise<ModelThread<Question, Answer>> {
    if (closed) return Promise.reject(new Error(`The model ${options.name} is closed`));
    const forget = () => {
      if (thread === loading) thread = null;
    };
    const loading = startThread<Question, Answer>(options, forget);
    loading.catch(forget);
    return loading;
  }

  return {
    async ask(question) {
      thread ??= load();
      return (await thread).ask(question);
    },
    async close() {
      closed = true;
      const loaded = await thread?.catch(() => null);
      thread = null;
      await loaded?.close();
    },
  };
}

interface Pending<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * The thread keeps the process alive while it loads or has something to answer, not while it is idle.
 * @param onGone called when the thread ends, for whatever reason
 * @throws OperatorError where the model cannot be loaded
 */
async function startThread<Question, Answer>(
  { name, entry, data, unusable }: ModelThreadOptions,
  onGone: () => void,
): Promise<ModelThread<Question, Answer>> {
  const worker = new Worker(entry, { workerData: data, execArgv: [], name });
  const pending = new Map<number, Pending<Answer>>();
  let requests = 0;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const send = (request: ThreadRequest) => worker.postMessage(request);
  await untilReady(worker, unusable);

  worker.on('message', (reply: ThreadReply) => {
    settle(pending, reply);
    if (pending.size === 0) worker.unref();
  });
  worker.on('error', () => undefined); // What was pending fails when the thread has ended, which follows.
  void exited.then(() => {
    onGone();
    for (const { reject } of pending.values()) reject(new Error(`The thread of ${name} ended before it answered`));
    pending.clear();
  });
  worker.unref();

  return {
    ask(question) {
      const id = requests++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        worker.ref();
        send({ kind: 'ask', id, question });
      });
    },
    async close() {
      worker.ref();
      send({ kind: 'close' });
      await exited;
    },
  };
}

function untilReady(worker: Worker, unusable: (reason: string) => OperatorError): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(unusable(reason));
    worker.once('error', (error) => fail(error.message));
    worker.once('exit', (code) => fail(`its thread ended with code ${code}`));
    worker.once('message', (reply: ThreadReply) => {
      if (reply.kind === 'ready') resolve();
      else if (reply.kind === 'unusable') {
        void worker.terminate();
        if (reply.remediable) reject(new OperatorError(reply.message));
        else fail(reply.message);
      }
    });
  });
}

function settle<Answer>(pending: Map<number, Pending<Answer>>, reply: ThreadReply): void {
  if (reply.kind !== 'answered' && reply.kind !== 'failed') return;
  const request = pending.get(reply.id);
  pending.delete(reply.id);
  if (reply.kind === 'answered') request?.resolve(reply.answer as Answer);
  else request?.reject(new Error(`Embedding failed: ${reply.message}`));
}
