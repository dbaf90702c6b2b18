/** Counts events in the last second of event time; a ring of times, no allocation per event. */
export class MessageRate {
  readonly #timesUs: Float64Array;
  #next = 0;

  /** @param capacity more than the limit that will be compared with. */
  constructor(capacity: number) {
    this.#timesUs = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
  }

  add(timeUs: number): void {
    this.#timesUs[this.#next] = timeUs;
    this.#next = (this.#next + 1) % this.#timesUs.length;
  }

  /** Events in (timeUs − 1 s, timeUs]; at most the capacity. */
  lastSecond(timeUs: number): number {
    let count = 0;
    for (const at of this.#timesUs) if (at > timeUs - 1_000_000) count++;
    return count;
  }
}
