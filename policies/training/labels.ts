/** What a model learns to say: forward returns, cut so that no row's label reaches past what was known. */

export interface LabelSource {
  /** Mid price at each decision of one symbol, any unit of price. */
  readonly mid: Float64Array;
  /** One volatility unit over each horizon at each decision, the same unit of price: decisions × horizons. */
  readonly volatility: Float64Array;
}

/**
 * Forward mid returns over each horizon, in volatility units of that horizon as of the decision: decisions × horizons,
 * row-major. The last `horizon` decisions have none: NaN.
 * @throws RangeError when a mid or a volatility is not usable.
 */
export function forwardReturns({ mid, volatility }: LabelSource, horizons: readonly number[]): Float32Array {
  const count = mid.length;
  if (volatility.length !== count * horizons.length) {
    const needed = count * horizons.length;
    throw new RangeError(`labels: ${volatility.length} volatilities are given, exactly ${needed} are allowed`);
  }
  const labels = new Float32Array(count * horizons.length);
  for (let row = 0; row < count; row++) {
    if (!Number.isFinite(mid[row])) throw new RangeError(`labels: the mid of decision ${row} is ${mid[row]}`);
    horizons.forEach((horizon, h) => {
      const at = row * horizons.length + h;
      const unit = volatility[at];
      if (!(unit > 0))
        throw new RangeError(`labels: the volatility of decision ${row} is ${unit}, it must be positive`);
      labels[at] = row + horizon < count ? (mid[row + horizon] - mid[row]) / unit : Number.NaN;
    });
  }
  return labels;
}
