/** Something to learn whose answer is known: rows to train on, and rows of the same kind to be judged on. */
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
}

/** Rows made one at a time. @param segments equal stretches, each with a fresh state of `make` */
export function rowsFrom(
  segments: number,
  length: number,
  features: number,
  horizons: number,
  make: () => (x: Float32Array, y: Float32Array) => void,
): Rows {
  const x = new Float32Array(segments * length * features);
  const y = new Float32Array(segments * length * horizons);
  for (let segment = 0; segment < segments; segment++) {
    const next = make();
    for (let row = segment * length; row < (segment + 1) * length; row++) {
      next(x.subarray(row * features, (row + 1) * features), y.subarray(row * horizons, (row + 1) * horizons));
    }
  }
  return { features, horizons, x, y, segments: Array.from({ length: segments }, (_, i) => i * length) };
}
