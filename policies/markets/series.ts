/** Plain statistics of a series. NaN when there is too little to say. */

export function meanOf(values: ArrayLike<number>): number {
  if (values.length === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Autocorrelation at lags 1…`lags`; NaN when the series is shorter than twice the greatest lag, or constant. */
export function autocorrelation(values: ArrayLike<number>, lags: number): number[] {
  const n = values.length;
  const mean = meanOf(values);
  let variance = 0;
  for (let i = 0; i < n; i++) variance += ((values[i] as number) - mean) ** 2;
  return Array.from({ length: lags }, (_, k) => {
    if (n < 2 * lags || variance === 0) return Number.NaN;
    let covariance = 0;
    for (let i = k + 1; i < n; i++)
      covariance += ((values[i] as number) - mean) * ((values[i - k - 1] as number) - mean);
    return covariance / variance;
  });
}

/** Hill's tail exponent of |x| over the greatest `share` of the values; NaN with fewer than ten of them. */
export function hillExponent(values: ArrayLike<number>, share: number): number {
  const sizes = Float64Array.from(values, Math.abs).sort().reverse();
  const k = Math.floor(sizes.length * share);
  const threshold = sizes[k];
  if (k < 10 || threshold === undefined || threshold === 0) return Number.NaN;
  let logs = 0;
  for (let i = 0; i < k; i++) logs += Math.log((sizes[i] as number) / threshold);
  return logs === 0 ? Number.NaN : k / logs;
}

/** Amounts by small non-negative integer: time spent at each spread, say. */
export class WeightedHistogram {
  readonly #weights: number[] = [];
  #total = 0;

  add(value: number, weight: number): void {
    this.#weights[value] = (this.#weights[value] ?? 0) + weight;
    this.#total += weight;
  }

  mean(): number {
    let sum = 0;
    this.#weights.forEach((weight, value) => {
      sum += value * weight;
    });
    return this.#total > 0 ? sum / this.#total : Number.NaN;
  }

  /** Least value at or below which `share` of the weight lies. */
  quantile(share: number): number {
    let seen = 0;
    for (const [value, weight] of this.#weights.entries()) {
      seen += weight ?? 0;
      if (seen > 0 && seen >= share * this.#total) return value;
    }
    return Number.NaN;
  }
}
