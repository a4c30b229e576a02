import { Worker } from 'node:worker_threads';
import { OperatorError } from '../shared/errors.ts';
import { PgliteStream, type StreamPeer } from './pglite-stream.ts';
import type { FromWorker, ToWorker, WorkerInput } from './pglite-worker.mjs';

export interface PgliteEngine {
  /** A new connection, for the `stream` option of `pg`. */
  connect(): PgliteStream;
  /** Shuts the engine down after what it is doing; connections should be closed before. */
  stop(): Promise<void>;
}

/**
 * Starts PGlite in a worker thread.
 * @param onLoss called once if the engine is lost after it had started; every connection fails with the same error
 * @throws OperatorError when it does not start
 */
export async function startPglite(input: WorkerInput, onLoss: (error: OperatorError) => void): Promise<PgliteEngine> {
  // without the parent's --import flags: the worker is plain JavaScript
  const worker = new Worker(new URL('./pglite-worker.mjs', import.meta.url), { workerData: input, execArgv: [] });
  const connections = new WorkerConnections(worker);
  let state: 'starting' | 'up' | 'stopping' | 'lost' = 'starting';
  let stopped = () => {};

  await new Promise<void>((resolve, reject) => {
    const lose = (reason: string): void => {
      if (state === 'stopping' || state === 'lost') return stopped();
      const error = new OperatorError(state === 'starting' ? whyNotStarted(input, reason) : whyLost(reason));
      const wasUp = state === 'up';
      state = 'lost';
      connections.fail(error);
      void worker.terminate();
      if (wasUp) onLoss(error);
      else reject(error);
    };
    worker.on('message', (message: FromWorker) => {
      if ('data' in message) connections.deliver(message.id, message.data);
      else if ('closed' in message) connections.end(message.closed);
      else if ('failed' in message) lose(message.failed);
      else if ('stopped' in message) stopped();
      else {
        state = 'up';
        resolve();
      }
    });
    worker.on('error', (error) => lose(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => lose(`its thread ended with code ${code}`));
  });

  return {
    connect: () => connections.create(),
    async stop() {
      if (state !== 'up') return;
      state = 'stopping';
      await new Promise<void>((resolve) => {
        stopped = resolve;
        worker.postMessage({ stop: true } satisfies ToWorker);
      });
      await worker.terminate();
    },
  };
}

/** The connections of one worker, by number. After a failure each fails with it, those opened later too. */
class WorkerConnections implements StreamPeer {
  readonly #worker: Worker;
  readonly #streams = new Map<number, PgliteStream>();
  readonly #ids = new Map<PgliteStream, number>();
  #lastId = 0;
  #failure: OperatorError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  create(): PgliteStream {
    return new PgliteStream(this);
  }

  open(stream: PgliteStream): void {
    if (this.#failure) {
      stream.destroy(this.#failure);
      return;
    }
    const id = ++this.#lastId;
    this.#streams.set(id, stream);
    this.#ids.set(stream, id);
    this.#post({ open: id });
  }

  send(stream: PgliteStream, bytes: Uint8Array<ArrayBuffer>): void {
    const id = this.#ids.get(stream);
    if (id !== undefined) this.#post({ id, data: bytes }, [bytes.buffer]);
  }

  close(stream: PgliteStream): void {
    const id = this.#ids.get(stream);
    if (id === undefined) return;
    this.#ids.delete(stream);
    this.#post({ close: id });
  }

  deliver(id: number, data: Uint8Array): void {
    this.#streams.get(id)?.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }

  end(id: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    this.#ids.delete(stream);
    stream.push(null);
  }

  fail(error: OperatorError): void {
    this.#failure = error;
    for (const stream of this.#streams.values()) stream.destroy(error);
    this.#streams.clear();
    this.#ids.clear();
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

function whyNotStarted(input: WorkerInput, reason: string): string {
  const where = input.directory === null ? 'in memory' : `in ${input.directory}`;
  return `The embedded database ${where} does not start (${reason}): restore the folder from a backup, set ATTUNE_DATA_DIR to an empty one, or set DATABASE_URL to a Postgres server.`;
}

function whyLost(reason: string): string {
  return `The embedded database has stopped (${reason}): restart Attune; what was committed is kept.`;
}
