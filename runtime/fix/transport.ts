/**
 * A byte pipe to a counterparty. Two implementations: TCP (`tcp.ts`) and a synchronous pair in memory (`memory.ts`), so
 * that backtests, gates and paper trading differ in nothing above this line.
 */
export interface Transport {
  /** Queues bytes; the transport copies what it keeps. */
  send(bytes: Uint8Array): void;
  /** `chunk` is valid inside the callback only and may split or join messages anywhere. */
  onData(listener: (chunk: Uint8Array) => void): void;
  /** Called once, with the error when there was one. */
  onClose(listener: (error?: Error) => void): void;
  close(): void;
}
