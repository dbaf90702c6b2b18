import type { Forecast } from '../inference/forecast.ts';

export interface RealisedForecast {
  readonly symbolId: number;
  /** Index into the policy's horizons. */
  readonly horizon: number;
  /** Forecast mean and what happened, in the volatility units of the moment it was made. */
  readonly mean: number;
  readonly realised: number;
}

interface Pending {
  readonly mean: Float32Array;
  readonly midHalfTicks: number;
  readonly unitTicks: Float32Array;
}

/** Holds each forecast until its horizon has passed, counted in decisions of its symbol; keeps the latest pairs. */
export class RealisedForecasts {
  readonly #horizons: readonly number[];
  readonly #kept: number;
  readonly #pending: Pending[][];
  readonly #pairs: RealisedForecast[] = [];

  /** @param kept pairs kept, oldest dropped first */
  constructor(symbols: number, horizons: readonly number[], kept: number) {
    this.#horizons = horizons;
    this.#kept = kept;
    this.#pending = Array.from({ length: symbols }, () => []);
  }

  /**
   * A decision of one symbol: settles what falls due at this mid, then remembers the new forecast.
   * @param unitTicks volatility unit of each horizon now, in ticks
   */
  onForecast(symbolId: number, forecast: Forecast, midHalfTicks: number, unitTicks: (horizon: number) => number): void {
    const pending = this.#pending[symbolId] as Pending[];
    pending.push({
      mean: forecast.mean.slice(),
      midHalfTicks,
      unitTicks: Float32Array.from(this.#horizons, (_, horizon) => unitTicks(horizon)),
    });
    const longest = this.#horizons.at(-1) ?? 0;
    for (const [horizon, decisions] of this.#horizons.entries()) {
      const made = pending[pending.length - 1 - decisions];
      if (made === undefined) continue;
      const realised = (midHalfTicks - made.midHalfTicks) / 2 / (made.unitTicks[horizon] as number);
      if (Number.isNaN(realised)) continue;
      this.#pairs.push({ symbolId, horizon, mean: made.mean[horizon] as number, realised });
    }
    if (pending.length > longest) pending.splice(0, pending.length - longest);
    if (this.#pairs.length > this.#kept) this.#pairs.splice(0, this.#pairs.length - this.#kept);
  }

  /** Oldest first. */
  get pairs(): readonly RealisedForecast[] {
    return this.#pairs;
  }
}
