import type { Transport } from '../../runtime/fix/transport.ts';

export interface Tap {
  /** Bytes have arrived and nobody has seen them yet. */
  onChunk?(chunk: Uint8Array): void;
  /** Bytes were handed to the transport below: over TCP, to the operating system. */
  onSent?(bytes: Uint8Array): void;
}

/** The same transport with somebody who watches. */
export function tapped(inner: Transport, tap: Tap): Transport {
  return {
    send: (bytes) => {
      inner.send(bytes);
      tap.onSent?.(bytes);
    },
    onData: (listener) =>
      inner.onData((chunk) => {
        tap.onChunk?.(chunk);
        listener(chunk);
      }),
    onClose: (listener) => inner.onClose(listener),
    close: () => inner.close(),
  };
}
