import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A .mjs file of this folder as a process that does what it is told, one message at a time. */
export interface Worker {
  readonly pid: number;
  tell<Answer = null>(message: object): Promise<Answer>;
  stop(): Promise<void>;
}

export function startWorker(file: string): Worker {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: [] });
  return {
    pid: child.pid!,
    async tell<Answer>(message: object) {
      const answered = once(child, 'message') as Promise<[{ done?: Answer; failed?: string }]>;
      child.send(message);
      const [{ done, failed }] = await answered;
      if (failed !== undefined) throw new Error(failed);
      return done as Answer;
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
