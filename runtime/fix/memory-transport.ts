import type { Transport } from './transport.ts';

/** What is under way from one end to the other, in order; `undefined` bytes are the end of the pipe. */
interface Delivery {
  readonly to: MemoryTransport;
  readonly bytes: Uint8Array | undefined;
}

/** The queue that the two ends share: the outermost `send` delivers everything, so that no callback is ever nested. */
class Wire {
  readonly #queue: Delivery[] = [];
  #delivering = false;

  put(delivery: Delivery): void {
    this.#queue.push(delivery);
    if (this.#delivering) return;
    this.#delivering = true;
    let delivered = 0;
    try {
      while (delivered < this.#queue.length) {
        const next = this.#queue[delivered++] as Delivery;
        next.to.deliver(next.bytes);
      }
    } finally {
      // After an exception, what was not delivered waits for the next `put`.
      this.#queue.splice(0, delivered);
      this.#delivering = false;
    }
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
