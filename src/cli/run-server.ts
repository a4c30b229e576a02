import { setTimeout as sleep } from 'node:timers/promises';
import { compose, type Attune } from '../compose.ts';
import { readConfig, type Config } from '../config.ts';
import { expectsDemo, markDemoUnderWay, wantsDemo } from '../demo/demo-under-way.ts';
import { descriptionMeaning, loadDemo, requireDemo, startShoppers } from '../demo/start-demo.ts';
import { createLogger } from '../monitoring/create-logger.ts';
import { openTracer } from '../monitoring/open-tracer.ts';
import { createScrubber, secretsOf } from '../monitoring/scrub.ts';
import { startServer, type RunningServer } from '../server.ts';
import { readOperationPolicy } from '../server/read-operations.ts';
import { systemClock } from '../shared/clock.ts';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { randomSeed, seededRng } from '../shared/rng.ts';
import { exitWith } from './exit-with.ts';

export interface ServerRun {
  /** Searches a second; null: no shoppers. */
  shoppersPerSecond: number | null;
  /** Given: the demo has to be there, and `key` (null: one that its visitor has) signs in. */
  demo?: { key: string | null };
}

/** What supervisors commonly wait before they kill; the server has stopped in order by then, or goes without order. */
const STOP_WITHIN_MS = 9_500;

/** Runs the server until a signal. @throws OperatorError where it cannot start */
export async function runServer(run: ServerRun, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const config = readConfig(env);
  const stopping = new AbortController();
  const starting = start({ config, run, stopping: stopping.signal, say });
  stopOnSignals(stopping, config.shutdownDelayMs + STOP_WITHIN_MS, async () => (await starting)());
  // from here on Ctrl-C stops it in order
  say('Attune is starting …');
  await starting;
}

/** What the parts of a start share. */
interface Start {
  config: Config;
  run: ServerRun;
  stopping: AbortSignal;
  say: (line: string) => void;
}

/** @returns the way to stop */
async function start(given: Start): Promise<() => Promise<void>> {
  const { config } = given;
  const logger = createLogger({ level: config.logLevel, scrub: createScrubber(secretsOf(process.env)) });
  const operations = await readOperationPolicy(config.operations, config.operationsOnly);
  const tracer = await openTracer(config);
  const preload = expectsDemo(config) ? [descriptionMeaning] : [];
  const attune = await compose(config, { logger, clock: systemClock, randomSeed, tracer, onLoss: exitWith, preload });
  const { app, health, metrics } = attune;
  let server: RunningServer;
  try {
    const { port, host, corsOrigins, guards, limits, introspection, metricsToken } = config;
    const transport = { port, host, corsOrigins, guards, limits, operations, introspection, metricsToken };
    server = await startServer({ app, health, metrics, tracer, logger, ...transport });
  } catch (error) {
    await attune.close();
    throw error;
  }
  greet(attune, server.url, given);
  warmUp(attune, given.stopping, logger);
  await demonstrate(attune, given, logger);
  return async () => {
    health.stopping();
    await sleep(config.shutdownDelayMs);
    await server.close(() => attune.drain());
    await attune.close();
    await tracer.close();
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function greet(attune: Attune, url: string, { config, run, say }: Start): void {
  const { operationsOnly, introspection } = config;
  const demoKey = run.demo?.key ?? null;
  const key = attune.newAdminKey ?? demoKey;
  const signIn = key === null ? '' : `#key=${encodeURIComponent(key)}`;
  const endpoint = operationsOnly || !introspection ? 'API             ' : 'GraphiQL and API';
  say(operationsOnly ? '' : `\n  Console            ${url}/${signIn}`);
  say(`  ${endpoint}   ${url}/graphql\n  WebSocket          ${url.replace(/^http/, 'ws')}/graphql`);
  if (key !== null) {
    const howLong = demoKey === null ? 'shown this once' : 'of this demo';
    say(`  Admin key          ${key}\n                     ${howLong}; send it as  Authorization: Bearer …`);
  }
  say(`  Data               ${attune.storage}\n`);
}

/** In the background: the server answers from the start, and a search that comes first waits for the same model. */
function warmUp(attune: Attune, stopping: AbortSignal, logger: Logger): void {
  attune.warmUp().catch((error: unknown) => {
    if (!stopping.aborted) logger.warn({ err: error }, 'A model could not be loaded; the next search tries again.');
  });
}

async function demonstrate(attune: Attune, { config, run, stopping, say }: Start, logger: Logger): Promise<void> {
  const { app, defaultNamespace } = attune;
  if (await wantsDemo(config, app.collections, defaultNamespace.id)) {
    const done = await markDemoUnderWay(config.dataDir);
    const onProgress = showProgress(say);
    const retrieverId = await loadDemo(app, defaultNamespace.id, { onProgress, signal: stopping });
    if (retrieverId === null) return;
    await done();
    say(`  Demo retriever     ${retrieverId}`);
  } else if (run.demo !== undefined) await requireDemo(app, defaultNamespace.id);
  if (run.shoppersPerSecond !== null) {
    const retrieverId = await startShoppers(app, defaultNamespace.id, {
      ratePerSecond: run.shoppersPerSecond,
      signal: stopping,
      rng: seededRng(randomSeed()),
      clock: systemClock,
      logger,
    });
    say(
      `  Shoppers           ${run.shoppersPerSecond} searches a second on ${retrieverId}, half "gearheads", half "browsers"`,
    );
  }
  if (run.demo !== undefined)
    say(`\n  Open the console and choose demo-search; then compare its segments, or search in the playground.`);
  say('\nReady. Ctrl-C stops it.');
}

/** One line that fills in a terminal, one line a step elsewhere. */
function showProgress(say: (line: string) => void): (done: number, total: number) => void {
  return (done, total) => {
    const line = `  Demo catalogue     ${done} of ${total} products`;
    if (!process.stdout.isTTY) say(line);
    else process.stdout.write(`\r${line}${done === total ? '\n' : ''}`);
  };
}

/** The first signal stops in order, a second one at once; so does time, since what was acknowledged is kept anyway. */
function stopOnSignals(stopping: AbortController, withinMs: number, stop: () => Promise<void>): void {
  let asked = false;
  const late = () => {
    const unfinished =
      'Stopped before all work was finished; what was acknowledged is kept, and the next start goes on.';
    exitWith(new OperatorError(unfinished));
  };
  const onSignal = () => {
    if (asked) process.exit(130);
    asked = true;
    process.stdout.write('\nStopping …\n');
    stopping.abort();
    setTimeout(late, withinMs);
    stop().then(() => process.exit(0), exitWith);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
