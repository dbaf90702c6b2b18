const WINDOW_US = 1_000_000;

/** How many requests were sent in the second before a moment of event time. */
export class RequestRate {
  readonly #timesUs: number[] = [];
  #first = 0;

  onRequest(timeUs: number): void {
    this.#timesUs.push(timeUs);
    this.lastSecond(timeUs);
  }

  lastSecond(timeUs: number): number {
    while (this.#first < this.#timesUs.length && this.#timesUs[this.#first] <= timeUs - WINDOW_US) this.#first++;
    if (this.#first > 1024) {
      this.#timesUs.splice(0, this.#first);
      this.#first = 0;
    }
    return this.#timesUs.length - this.#first;
  }
}
