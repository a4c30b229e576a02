import { Duplex } from 'node:stream';

/** The worker's end of a connection, as the stream sees it. */
export interface StreamPeer {
  open(stream: PgliteStream): void;
  send(stream: PgliteStream, bytes: Uint8Array): void;
  close(stream: PgliteStream): void;
}

/** Stands in for the TCP socket of one `pg` connection: what `pg` writes goes to the engine's worker, what comes back is read. */
export class PgliteStream extends Duplex {
  readonly #peer: StreamPeer;

  constructor(peer: StreamPeer) {
    super({ allowHalfOpen: false });
    this.#peer = peer;
  }

  /** `pg` calls this with a port and a host, which mean nothing here. */
  connect(): this {
    queueMicrotask(() => {
      this.#peer.open(this);
      if (!this.destroyed) this.emit('connect');
    });
    return this;
  }

  override _read(): void {
    // the worker pushes as answers come
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#peer.send(this, new Uint8Array(chunk));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#peer.send(this, new Uint8Array(Buffer.concat(chunks.map(({ chunk }) => chunk))));
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#peer.close(this);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#peer.close(this);
    done(error);
  }

  // what `pg` expects of a socket
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
