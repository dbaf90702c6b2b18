import { rankCorrelation } from './rank-correlation.ts';

/**
 * Forecasts of one horizon, each held until its horizon has passed and then paired with what happened: both in the
 * volatility units of the moment it was made. Memory grows with a window's decisions and is used again by the next.
 */
export class SignalPairs {
  readonly #horizon: number;
  /** Per symbol, the last `horizon` decisions as a ring: forecast, mid, unit. */
  readonly #rings: readonly Float64Array[];
  readonly #decided: Uint32Array;
  #forecasts = new Float64Array(1024);
  #realised = new Float64Array(1024);
  #count = 0;

  /** @param horizon in decisions, at least 1 */
  constructor(symbols: number, horizon: number) {
    this.#horizon = horizon;
    this.#rings = Array.from({ length: symbols }, () => new Float64Array(3 * horizon));
    this.#decided = new Uint32Array(symbols);
  }

  get count(): number {
    return this.#count;
  }

  /** @param midTicks NaN while a side is empty: no pair begins or ends there @param unitTicks one volatility unit over the horizon */
  add(symbolId: number, forecast: number, midTicks: number, unitTicks: number): void {
    const ring = this.#rings[symbolId] as Float64Array;
    const at = 3 * (this.#decided[symbolId] % this.#horizon);
    if (this.#decided[symbolId] >= this.#horizon) this.#pair(ring[at], (midTicks - ring[at + 1]) / ring[at + 2]);
    ring[at] = forecast;
    ring[at + 1] = midTicks;
    ring[at + 2] = unitTicks;
    this.#decided[symbolId]++;
  }

  /** Spearman's correlation of forecasts and what happened since the last `reset`; NaN when it cannot be told. */
  correlation(): number {
    return rankCorrelation(this.#forecasts.subarray(0, this.#count), this.#realised.subarray(0, this.#count));
  }

  /** Begins another window; forecasts that are still open stay so. */
  reset(): void {
    this.#count = 0;
  }

  #pair(forecast: number, realised: number): void {
    if (Number.isNaN(forecast) || Number.isNaN(realised)) return;
    if (this.#count === this.#forecasts.length) {
      this.#forecasts = doubled(this.#forecasts);
      this.#realised = doubled(this.#realised);
    }
    this.#forecasts[this.#count] = forecast;
    this.#realised[this.#count] = realised;
    this.#count++;
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
