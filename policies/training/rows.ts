/** What a model is trained on: rows in time order, cut into segments that no window crosses. */

import type { Span } from './split.ts';

export interface Rows {
  /** Values in a feature row. */
  readonly features: number;
  /** Horizons in a label row. */
  readonly horizons: number;
  /** Scaled features, row-major: rows × features. Finite. */
  readonly x: Float32Array;
  /** Forward returns in volatility units, row-major: rows × horizons. NaN where unknown; never infinite. */
  readonly y: Float32Array;
  /** First row of each segment (one symbol of one market), ascending; the first is 0. */
  readonly segments: readonly number[];
}

export function rowCount({ x, features }: Rows): number {
  return x.length / features;
}

/**
 * The rows of a span, with the segments that begin or go on in it. Shares memory with the whole.
 * @throws RangeError when the span is empty or not within the rows
 */
export function cutRows(rows: Rows, { from, to }: Span): Rows {
  const { features, horizons, x, y, segments } = rows;
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= rowCount(rows))) {
    throw new RangeError(`rows: [${from}, ${to}) is not within ${rowCount(rows)} rows`);
  }
  return {
    ...rows,
    x: x.subarray(from * features, to * features),
    y: y.subarray(from * horizons, to * horizons),
    segments: [0, ...segments.filter((start) => start > from && start < to).map((start) => start - from)],
  };
}

/** One symbol of one market: features and labels of the same rows. */
export interface RowSeries {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Joins series into rows with a segment each; empty ones leave none. */
export function joinRows(series: readonly RowSeries[], features: number, horizons: number): Rows {
  const parts = series.filter((part) => part.x.length > 0);
  const total = parts.reduce((sum, part) => sum + part.x.length / features, 0);
  const rows = { x: new Float32Array(total * features), y: new Float32Array(total * horizons) };
  let from = 0;
  const segments = parts.map(({ x, y }) => {
    const start = from;
    rows.x.set(x, start * features);
    rows.y.set(y, start * horizons);
    from += x.length / features;
    return start;
  });
  return { ...rows, features, horizons, segments };
}

/** @throws RangeError naming the first thing wrong with the rows. */
export function assertRows(rows: Rows): void {
  const { x, y, features, horizons, segments } = rows;
  const count = rowCount(rows);
  if (!Number.isInteger(count) || count === 0) {
    throw new RangeError(`training rows: ${x.length} feature values are no whole number of rows of ${features}`);
  }
  if (y.length !== count * horizons) {
    throw new RangeError(
      `training rows: ${y.length} labels for ${count} rows, exactly ${count * horizons} are allowed`,
    );
  }
  const ascending = segments.every(
    (start, i) => Number.isInteger(start) && (i === 0 ? start === 0 : start > Number(segments[i - 1])),
  );
  if (segments.length === 0 || !ascending || Number(segments.at(-1)) >= count) {
    throw new RangeError(`training rows: segments must ascend from 0 and begin within ${count} rows ([${segments}])`);
  }
  const badFeature = x.findIndex((value) => !Number.isFinite(value));
  if (badFeature >= 0) {
    const place = `row ${Math.floor(badFeature / features)}, feature ${badFeature % features}`;
    throw new RangeError(`training rows: ${place} is ${x[badFeature]}, it must be finite`);
  }
  const badLabel = y.findIndex((value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY);
  if (badLabel >= 0) {
    const place = `row ${Math.floor(badLabel / horizons)}, horizon ${badLabel % horizons}`;
    throw new RangeError(`training rows: the label of ${place} is ${y[badLabel]}, it must be finite or NaN`);
  }
  if (y.every(Number.isNaN)) throw new RangeError('training rows: no label is known');
}
