import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { pause } from '../shared/pause.ts';
import { awaitReady, pickPort, spawnChdb, type ChdbProcess, type ChdbProcessOptions } from './chdb-process.ts';
import { EMBEDDED_USER, embeddedConfig } from './embedded-config.ts';
import { locateChdb } from './locate-chdb.ts';

/** The engine's entry is no documented interface: only what was tested is started. */
const TESTED_VERSION = '26.7';
const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 2_000;
const RETRY_START_MS = 100;
/** How long the data directory may stay locked: a child whose parent was killed needs a moment to notice. */
const LOCK_PATIENCE_MS = 2_000;
const MAX_PORTS_TRIED = 5;
const RESTART_BASE_MS = 50;
const RESTART_CAP_MS = 5_000;
/** A child that lived this long had no trouble starting: the next restart is prompt again. */
const STABLE_MS = 10_000;

export interface EmbeddedClickHouseOptions {
  /** Made when missing; holds the engine's data and its configuration. */
  directory: string;
  logger: Logger;
  startTimeoutMs?: number;
}

/** ClickHouse's HTTP interface on a loopback port, served by a child process that is restarted when it dies. */
export interface EmbeddedClickHouse {
  /** With user and password; stays the same over restarts. */
  readonly url: string;
  /** Of the child that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** @throws OperatorError when the engine is not installed, does not start, or is not the version that was tested */
export async function startEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  const { directory, logger, startTimeoutMs = START_TIMEOUT_MS } = options;
  const library = await locateChdb();
  const password = randomBytes(24).toString('hex');
  const configFile = path.resolve(directory, 'config.xml');
  const dataDirectory = path.resolve(directory, 'data');
  await prepareDirectory(directory, configFile, password);
  const command = { library, dataDirectory, configFile, password };
  const { chdb, port } = await startOnFreePort(command, startTimeoutMs);
  return new Supervisor(chdb, { ...command, port }, logger);
}

async function prepareDirectory(directory: string, configFile: string, password: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(configFile, embeddedConfig({ file: configFile, password }), { mode: 0o600 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `The embedded ClickHouse cannot write to ${directory} (${reason}): set ATTUNE_DATA_DIR to a folder that can be written.`,
      { cause: error },
    );
  }
}

/** The port is free when it is picked, and may be taken when the engine gets to it: then another one is picked. */
async function startOnFreePort(command: Omit<ChdbProcessOptions, 'port'>, timeoutMs: number) {
  const lockDeadline = performance.now() + LOCK_PATIENCE_MS;
  for (let portsTried = 1; ;) {
    const port = await pickPort();
    const outcome = await start({ ...command, port }, timeoutMs);
    if (!('failure' in outcome)) return { chdb: outcome, port };
    const { failure } = outcome;
    if (/address already in use/i.test(failure) && portsTried < MAX_PORTS_TRIED) {
      portsTried += 1;
    } else if (/cannot lock file/i.test(failure)) {
      if (performance.now() > lockDeadline) {
        throw new OperatorError(
          `The data directory ${path.dirname(command.dataDirectory)} is in use by another process: stop it or set ATTUNE_DATA_DIR to another folder.`,
        );
      }
      await sleep(RETRY_START_MS);
    } else {
      throw new OperatorError(
        `The embedded ClickHouse in ${path.dirname(command.dataDirectory)} did not start: it ${failure}; mend that, set ATTUNE_DATA_DIR to an empty folder, or set CLICKHOUSE_URL to a ClickHouse server.`,
      );
    }
  }
}

/** Returns the running child, or why there is none, to be read after "it". */
async function start(options: ChdbProcessOptions, timeoutMs: number): Promise<ChdbProcess | { failure: string }> {
  const chdb = spawnChdb(options);
  const version = await awaitReady(chdb, options, timeoutMs);
  if (version?.startsWith(`${TESTED_VERSION}.`)) return chdb;
  if (version !== null) {
    await chdb.stop(STOP_GRACE_MS);
    return { failure: `is version ${version}, and only ${TESTED_VERSION} was tested (run "npm ci")` };
  }
  const early = await Promise.race([chdb.exited, sleep(0, null)]);
  if (early !== null) return { failure: early.description };
  await chdb.stop(STOP_GRACE_MS);
  return { failure: `did not answer within ${timeoutMs / 1_000} s` };
}

class Supervisor implements EmbeddedClickHouse {
  readonly url: string;
  readonly #options: ChdbProcessOptions;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #chdb: ChdbProcess;

  constructor(chdb: ChdbProcess, options: ChdbProcessOptions, logger: Logger) {
    this.#chdb = chdb;
    this.#options = options;
    this.#logger = logger;
    this.url = `http://${EMBEDDED_USER}:${options.password}@127.0.0.1:${options.port}`;
    this.#watching = this.#watch();
  }

  get pid(): number {
    return this.#chdb.pid;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#chdb.stop(STOP_GRACE_MS);
    await this.#watching;
  }

  /** Restarts the child on the same port, with growing pauses, until it is told to stop. Never rejects. */
  async #watch(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const startedAt = performance.now();
      const { description } = await this.#chdb.exited;
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - startedAt >= STABLE_MS) failures = 0;
      this.#logger.error({ pid: this.pid }, `The embedded ClickHouse ${description}; starting it again.`);
      const delayMs = Math.min(RESTART_CAP_MS, RESTART_BASE_MS * 2 ** failures);
      await pause(delayMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      this.#chdb = spawnChdb(this.#options);
      const version = await awaitReady(this.#chdb, this.#options, START_TIMEOUT_MS);
      if (version === null) await this.#chdb.stop(STOP_GRACE_MS);
      else this.#logger.info({ pid: this.pid }, 'The embedded ClickHouse is back.');
    }
  }
}
