/** ResendRequests for one and the same number before the peer is given up. */
export const REPEATS = 3;

/** What was asked for again: a gap is asked for once, and once more at every heartbeat, but not for ever. */
export class GapRequests {
  #from = 0;
  #to = 0;
  #repeats = 0;

  /** The numbers before this one are under way, as far as we asked for them. */
  get to(): number {
    return this.#to;
  }

  isUnderWay(expected: number): boolean {
    return expected <= this.#to;
  }

  /** Notes a request; false when the same number was asked for too often. */
  note(from: number, to: number): boolean {
    if (this.#from !== from) this.#repeats = 0;
    if (this.#repeats === REPEATS) return false;
    this.#from = from;
    this.#to = to;
    this.#repeats++;
    return true;
  }

  clear(): void {
    this.#from = 0;
    this.#to = 0;
    this.#repeats = 0;
  }
}
