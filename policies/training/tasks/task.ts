/** Something to learn whose answer is known: rows to train on, and rows of the same kind to be judged on. */
import type { Recipe } from '../compare.ts';
import type { Rows } from '../rows.ts';

export interface Task {
  readonly name: string;
  /** What has to be found out to do it well. */
  readonly asks: string;
  readonly training: Rows;
  readonly test: Rows;
  /** Mean squared error of the best forecast, labels having been made with unit noise times this; null: not known. */
  readonly noise: number | null;
  /** Labels are one of several classes, one-hot: judged by how often the largest forecast is the right one. */
  readonly classes: boolean;
  /** How it is trained for, where that is not as the others of its kind are. */
  readonly recipe?: Pick<Recipe, 'learningRate' | 'shape'>;
}

/** Rows made one at a time. @param lengths of the segments, each with a fresh state of `make` */
export function rowsFrom(
  lengths: readonly number[],
  features: number,
  horizons: number,
  make: () => (x: Float32Array, y: Float32Array) => void,
): Rows {
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const x = new Float32Array(count * features);
  const y = new Float32Array(count * horizons);
  const segments: number[] = [];
  let row = 0;
  for (const length of lengths) {
    segments.push(row);
    const next = make();
    for (const end = row + length; row < end; row++) {
      next(x.subarray(row * features, (row + 1) * features), y.subarray(row * horizons, (row + 1) * horizons));
    }
  }
  return { features, horizons, x, y, segments };
}
