/** A measured quantity: what it was in each repeat, from least to most. The unit stands last in its name. */
export interface Figure {
  readonly name: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly repeats: number;
  /** The same in units of a reference that was measured beside it. */
  readonly ratio?: { readonly to: string; readonly median: number };
}

/** @param values one a repeat, at least one */
export function figure(name: string, values: readonly number[], reference?: Figure): Figure {
  const median = quantile(values, 0.5);
  return {
    name,
    min: rounded(Math.min(...values)),
    median: rounded(median),
    max: rounded(Math.max(...values)),
    repeats: values.length,
    ...(reference === undefined ? {} : { ratio: { to: reference.name, median: rounded(median / reference.median) } }),
  };
}

/** The value below which a share of the values lies; the upper one of two. @throws RangeError when there are none */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new RangeError('a quantile of nothing was asked for');
  return value;
}

/** Four digits: more than a second measurement would repeat. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
