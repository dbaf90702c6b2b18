/** Training, validation and test rows of one series, in time order, with an embargo between them. */

export interface Span {
  /** First row. */
  readonly from: number;
  /** Row after the last. */
  readonly to: number;
}

export interface Split {
  readonly training: Span;
  readonly validation: Span;
  readonly test: Span;
}

export interface SplitShares {
  readonly training: number;
  readonly validation: number;
}

/**
 * @param embargo rows dropped before validation and before test: at least the longest horizon, or a label of one part
 *   would be made of prices of the next
 * @param shares of all rows; test takes the rest
 * @throws RangeError when a part would be empty.
 */
export function split(rows: number, embargo: number, { training, validation }: SplitShares): Split {
  const firstCut = Math.floor(rows * training);
  const secondCut = Math.floor(rows * (training + validation));
  const parts: Split = {
    training: { from: 0, to: firstCut },
    validation: { from: firstCut + embargo, to: secondCut },
    test: { from: secondCut + embargo, to: rows },
  };
  for (const [name, { from, to }] of Object.entries(parts)) {
    if (to > from) continue;
    throw new RangeError(`split: no ${name} rows are left of ${rows} with an embargo of ${embargo}`);
  }
  return parts;
}
