import { useSyncExternalStore } from 'react';

/** How the live connection is: `lost` from the moment that it breaks until it is there again. */
export type ConnectionState = 'connecting' | 'live' | 'lost';

export interface ConnectionStatus {
  state: ConnectionState;
  /** How often it came back: what was read before the last time may be old. */
  reconnects: number;
}

/** The state of the WebSocket, for components to watch. */
export class ConnectionMonitor {
  #status: ConnectionStatus = { state: 'connecting', reconnects: 0 };
  readonly #listeners = new Set<() => void>();

  readonly status = (): ConnectionStatus => this.#status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  opened(): void {
    const { state, reconnects } = this.#status;
    this.#set({ state: 'live', reconnects: state === 'lost' ? reconnects + 1 : reconnects });
  }

  lost(): void {
    this.#set({ ...this.#status, state: 'lost' });
  }

  #set(status: ConnectionStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}

export function useConnection(monitor: ConnectionMonitor): ConnectionStatus {
  return useSyncExternalStore(monitor.subscribe, monitor.status);
}
