/** Fits a policy's scaler on training rows; it is frozen with the policy. */
import type { Scaler } from '../../runtime/contract.ts';
import { scaleInto } from '../../runtime/features/scaling.ts';

export const DEFAULT_CLIP = 6;
/** A feature that hardly moves would be blown up to noise; it is divided by this at least. */
const SMALLEST_DEVIATION = 1e-6;

/**
 * Mean and standard deviation of each feature over raw rows, row-major.
 * @throws RangeError when there is no whole row, or a value is not finite.
 */
export function fitScaler(rows: Float32Array, features: number, clip = DEFAULT_CLIP): Scaler {
  const count = rows.length / features;
  if (!Number.isInteger(count) || count === 0) {
    throw new RangeError(`scaler: ${rows.length} values are no whole number of rows of ${features}`);
  }
  const mean = new Array<number>(features).fill(0);
  const squares = new Array<number>(features).fill(0);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < features; i++) {
      const value = rows[row * features + i];
      if (!Number.isFinite(value))
        throw new RangeError(`scaler: row ${row}, feature ${i} is ${value}, it must be finite`);
      // Welford's update: exact enough for values whose mean is far larger than their deviation.
      const delta = value - (mean[i] as number);
      mean[i] = (mean[i] as number) + delta / (row + 1);
      squares[i] = (squares[i] as number) + delta * (value - (mean[i] as number));
    }
  }
  const deviation = squares.map((sum) => Math.max(SMALLEST_DEVIATION, Math.sqrt(sum / count)));
  return { mean, deviation, clip };
}

/** Scales raw rows, row-major, into a new array. */
export function scaleRows(rows: Float32Array, scaler: Scaler): Float32Array {
  const features = scaler.mean.length;
  const scaled = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += features) {
    scaleInto(rows.subarray(at, at + features), scaler, scaled.subarray(at, at + features));
  }
  return scaled;
}
