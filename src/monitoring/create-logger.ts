import { pino, type DestinationStream } from 'pino';
import type { Logger } from '../shared/logger.ts';

export interface LoggerOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Takes secrets out of a line. */
  scrub: (line: string) => string;
  /** Default: stdout. */
  destination?: DestinationStream;
}

/** Structured logs, one JSON object a line. Each line is scrubbed as a whole, so that no field can carry a secret past it. */
export function createLogger({ level, scrub, destination = process.stdout }: LoggerOptions): Logger {
  return pino({ level }, { write: (line) => void destination.write(scrub(line)) });
}
