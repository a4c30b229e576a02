import { systemClock, type Clock } from '../shared/clock.ts';

/** The source of time, and of waking up later. */
export interface TimerClock extends Clock {
  /** @returns takes it back */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: TimerClock = {
  ...systemClock,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Uniform on [0, 1). */
export type RandomSource = () => number;

export const systemRandom: RandomSource = () => {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
};

/** A random UUID, also where a page is not served over HTTPS and has no `crypto.randomUUID`. */
export function randomId(): string {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte, index) => {
    if (index === 6) return (byte & 0x0f) | 0x40;
    return index === 8 ? (byte & 0x3f) | 0x80 : byte;
  });
  const hex = digits.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

interface Page {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
  document?: { visibilityState: string };
}

/**
 * Tells when the page goes out of sight, which may be for good, and when the device is online again. Never, outside of
 * a browser.
 * @returns stops telling
 */
export function watchPage(onHidden: () => void, onOnline: () => void): () => void {
  const page = globalThis as Page;
  const listeners: [string, () => void][] = [
    ['pagehide', onHidden],
    ['visibilitychange', () => page.document?.visibilityState === 'hidden' && onHidden()],
    ['online', onOnline],
  ];
  if (page.document !== undefined) for (const [type, run] of listeners) page.addEventListener?.(type, run);
  return () => {
    for (const [type, run] of listeners) page.removeEventListener?.(type, run);
  };
}
