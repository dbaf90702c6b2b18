import type { Transport } from './transport.ts';

/** What is under way from one end to the other, in order; `undefined` bytes are the end of the pipe. */
interface Delivery {
  readonly to: MemoryTransport;
  readonly bytes: Uint8Array | undefined;
}

/** The queue that the two ends share: the outermost `send` delivers everything, so that no callback is ever nested. */
class Wire {
  #queue: Delivery[] = [];
  #delivering = false;

  put(delivery: Delivery): void {
    this.#queue.push(delivery);
    if (this.#delivering) return;
    this.#delivering = true;
    const errors: unknown[] = [];
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const next of batch) {
          try {
            next.to.deliver(next.bytes);
          } catch (error) {
            // One end's failure does not keep the other from its bytes, nor either from the end of the pipe.
            errors.push(error);
          }
        }
      }
    } finally {
      this.#delivering = false;
    }
    if (errors.length > 1) throw new AggregateError(errors, 'several deliveries failed');
    if (errors.length > 0) throw errors[0];
  }
}

class MemoryTransport implements Transport {
  peer: MemoryTransport = this;
  readonly #wire: Wire;
  #data: ((chunk: Uint8Array) => void) | undefined;
  #close: ((error?: Error) => void) | undefined;
  #waiting: Uint8Array[] = [];
  #closing = false;
  #closed = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  send(bytes: Uint8Array): void {
    if (!this.#closing) this.#wire.put({ to: this.peer, bytes: new Uint8Array(bytes) });
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#data = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) listener(bytes);
  }

  onClose(listener: (error?: Error) => void): void {
    this.#close = listener;
    if (this.#closed) listener();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#wire.put({ to: this.peer, bytes: undefined });
    this.#wire.put({ to: this, bytes: undefined });
  }

  deliver(bytes: Uint8Array | undefined): void {
    if (this.#closed) return;
    if (bytes === undefined) {
      this.#closing = true;
      this.#closed = true;
      this.#close?.();
    } else if (this.#closing) return;
    else if (this.#data === undefined) this.#waiting.push(bytes);
    else this.#data(bytes);
  }
}

/**
 * Two ends of a pipe in memory. Delivery is synchronous: when the outermost `send` returns, everything that it caused
 * on either side has happened.
 */
export function memoryTransportPair(): [Transport, Transport] {
  const wire = new Wire();
  const left = new MemoryTransport(wire);
  const right = new MemoryTransport(wire);
  left.peer = right;
  right.peer = left;
  return [left, right];
}
