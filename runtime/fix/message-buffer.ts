import { ByteSum } from './checksum.ts';

/** Where received bytes wait to be read: a buffer that grows, and sums itself. */
export interface MessageBuffer {
  /** Replaced when the buffer grows; never keep it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Sum of `bytes[from, to)` modulo 256. */
  sum(from: number, to: number): number;
  /** Doubles the buffer; what it holds stays where it is. */
  grow(): void;
}

/** Twice what a read of a socket brings: beside the rest of a message it goes in whole. */
export const INITIAL_BYTES = 1 << 17;

export class PlainBuffer implements MessageBuffer {
  bytes = new Uint8Array(INITIAL_BYTES);
  #sum = new ByteSum(this.bytes);

  sum(from: number, to: number): number {
    return this.#sum.of(from, to);
  }

  grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.#sum = new ByteSum(larger);
  }
}
