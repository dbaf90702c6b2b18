/** The mid on a regular grid of event time: the last one known at each grid point. */
export class MidSamples {
  readonly #stepUs: number;
  readonly #mids: number[] = [];
  #nextUs = Number.NaN;
  #mid = Number.NaN;

  constructor(stepUs: number) {
    this.#stepUs = stepUs;
  }

  /** The mid is `midHalfTicks` from `timeUs` on; NaN (a side is empty) leaves the last one standing. */
  hold(timeUs: number, midHalfTicks: number): void {
    if (Number.isNaN(midHalfTicks)) return;
    if (Number.isNaN(this.#nextUs)) this.#nextUs = timeUs + this.#stepUs;
    while (timeUs >= this.#nextUs) {
      this.#mids.push(this.#mid);
      this.#nextUs += this.#stepUs;
    }
    this.#mid = midHalfTicks;
  }

  /** Differences of neighbouring samples, half-ticks. */
  returns(): Float64Array {
    const out = new Float64Array(Math.max(0, this.#mids.length - 1));
    for (let i = 0; i < out.length; i++) out[i] = (this.#mids[i + 1] as number) - (this.#mids[i] as number);
    return out;
  }
}
