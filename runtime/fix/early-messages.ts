/** Most messages that wait for a gap to be filled; those beyond are asked for again. */
const CAPACITY = 10_000;

/**
 * Messages that came before their turn, by number, until what precedes them has come. One that had to be acted on at
 * once (a Logon, a ResendRequest) leaves its number only.
 */
export class EarlyMessages {
  readonly #waiting = new Map<number, Uint8Array | undefined>();

  /** Keeps the bytes of a framed message, or with `undefined` the number of one that was acted on. */
  keep(seqNum: number, bytes: Uint8Array | undefined): void {
    if (this.#waiting.size < CAPACITY) this.#waiting.set(seqNum, bytes);
  }

  has(seqNum: number): boolean {
    return this.#waiting.has(seqNum);
  }

  /** Removes the message with this number and returns its bytes, if it has any left to act on. */
  take(seqNum: number): Uint8Array | undefined {
    const bytes = this.#waiting.get(seqNum);
    this.#waiting.delete(seqNum);
    return bytes;
  }

  /** The lowest number that waits, forgetting those before `expected`; undefined when none does. */
  first(expected: number): number | undefined {
    let first: number | undefined;
    for (const seqNum of this.#waiting.keys()) {
      if (seqNum < expected) this.#waiting.delete(seqNum);
      else if (first === undefined || seqNum < first) first = seqNum;
    }
    return first;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
