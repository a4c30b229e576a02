import pg from 'pg';
import type { Logger } from '../shared/logger.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export interface ListenOptions {
  /** A client that is not connected yet. */
  connect(): pg.Client;
  channel: string;
  onNotify(payload: string): void;
  /** The session was lost and is there again: notifications of the time between are gone. */
  onReconnect(): void;
  logger: Logger;
}

/**
 * LISTEN on a session of its own. After a loss it connects anew, first at once, then waiting up to 5 s between attempts.
 * @returns the way to stop
 * @throws what the first connection throws
 */
export async function listenOn(options: ListenOptions): Promise<() => Promise<void>> {
  const session = new ListenSession(options);
  await session.start();
  return () => session.stop();
}

class ListenSession {
  readonly #options: ListenOptions;
  #client: pg.Client | null = null;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { channel, onNotify } = this.#options;
    const client = this.#options.connect();
    let lost = false;
    const onLoss = (): void => {
      if (lost || this.#client !== client) return;
      lost = true;
      this.#client = null;
      this.#options.logger.warn({ channel }, 'Lost the connection that listens to Postgres; reconnecting');
      this.#reconnect(0);
    };
    client.on('error', onLoss);
    client.on('end', onLoss);
    client.on('notification', (message) => {
      if (message.channel === channel) onNotify(message.payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    if (this.#stopped) await client.end();
    else this.#client = client;
  }

  /** No UNLISTEN: ending the session does it, and embedded it would silence the other listeners. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  #reconnect(delayMs: number): void {
    if (this.#stopped) return;
    this.#retry = setTimeout(() => {
      this.start().then(
        () => {
          if (!this.#stopped) this.#options.onReconnect();
        },
        () => this.#reconnect(Math.min(Math.max(2 * delayMs, FIRST_RETRY_MS), LAST_RETRY_MS)),
      );
    }, delayMs);
  }
}
