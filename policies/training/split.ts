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

/** What is trained on, and what is held back to end the training early. */
export type HeldBack = Pick<Split, 'training' | 'validation'>;

export interface SplitShares {
  readonly training: number;
  readonly validation: number;
}

/**
 * @param embargo rows dropped before validation and before test: at least the longest horizon, or a label of one part
 *   would be made of prices of the next
 * @param shares of all rows; test takes the rest
 * @throws RangeError when a part would be empty, or the embargo is no whole number of rows
 */
export function split(rows: number, embargo: number, { training, validation }: SplitShares): Split {
  const firstCut = Math.floor(rows * training);
  const secondCut = Math.floor(rows * (training + validation));
  return checked<Split>(rows, embargo, {
    training: { from: 0, to: firstCut },
    validation: { from: firstCut + embargo, to: secondCut },
    test: { from: secondCut + embargo, to: rows },
  });
}

/**
 * Splits for going forward through a series: each trains on all rows up to a point and is tested on what follows, until the
 * end. The test parts stand side by side from `first` on; validation is the last fifth of what is before each.
 *
 * @param folds how many test parts
 * @param first share of the rows before the first test part
 * @throws RangeError when a part would be empty, there are no folds, or the embargo is no whole number of rows
 */
export function walkForward(rows: number, embargo: number, folds: number, first = 0.5): Split[] {
  if (!Number.isInteger(folds) || folds < 1) throw new RangeError(`split: ${folds} folds; at least 1 is allowed`);
  const from = Math.floor(rows * first);
  const cut = (fold: number) => from + Math.floor(((rows - from) * fold) / folds);
  return Array.from({ length: folds }, (_, fold) => {
    const known = cut(fold);
    return checked<Split>(rows, embargo, {
      ...heldBack(known, embargo),
      test: { from: known + embargo, to: cut(fold + 1) },
    });
  });
}

const VALIDATION_SHARE = 0.2;

/** The last fifth held back, an embargo apart. @throws RangeError likewise */
export function heldBack(rows: number, embargo: number): HeldBack {
  const cut = Math.floor(rows * (1 - VALIDATION_SHARE));
  return checked<HeldBack>(rows, embargo, {
    training: { from: 0, to: cut },
    validation: { from: cut + embargo, to: rows },
  });
}

/** @throws RangeError when a part is empty, or parts could overlap */
function checked<Parts extends HeldBack>(rows: number, embargo: number, parts: Parts): Parts {
  if (!Number.isInteger(embargo) || embargo < 0) {
    throw new RangeError(`split: an embargo of ${embargo} rows; a whole number from 0 is allowed`);
  }
  for (const [name, { from, to }] of Object.entries<Span>({ ...parts })) {
    if (to > from) continue;
    throw new RangeError(
      `split: no ${name} rows are left of ${rows} with an embargo of ${embargo}; more rows, fewer folds or shorter horizons help`,
    );
  }
  return parts;
}
