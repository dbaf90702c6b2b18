/** Draws training batches: windows of consecutive rows, each within one segment. */
import { Random } from '../../runtime/random.ts';
import { maskFuture } from './future-mask.ts';
import { type Rows, rowCount } from './rows.ts';
import type { BatchShape } from './step-graph.ts';

/** One batch, in arrays that are filled again for the next. */
export interface Batch {
  /** (batch, length, features) */
  readonly features: Float32Array;
  /** (batch, length, horizons); 0 where unknown. */
  readonly labels: Float32Array;
  /** (batch, length, horizons); 0 where the label is unknown, else 1 / known labels of the batch. */
  readonly weights: Float32Array;
}

export class Batches {
  readonly batch: Batch;
  readonly #rows: Rows;
  readonly #shape: BatchShape;
  readonly #seed: number;
  /** Window starts available in the segments up to and including each. */
  readonly #startsUpTo: number[];

  constructor(rows: Rows, shape: BatchShape, seed: number) {
    const cells = shape.batch * shape.length;
    this.#rows = rows;
    this.#shape = shape;
    this.#seed = seed;
    this.batch = {
      features: new Float32Array(cells * rows.features),
      labels: new Float32Array(cells * rows.horizons),
      weights: new Float32Array(cells * rows.horizons),
    };
    let starts = 0;
    this.#startsUpTo = rows.segments.map((_, segment) => {
      starts += Math.max(1, this.#segmentEnd(segment) - (rows.segments[segment] as number) - shape.length + 1);
      return starts;
    });
  }

  /**
   * Fills `batch` with that of step `step`: a function of seed, step and attempt alone, so a resumed run draws the same.
   *
   * @param attempt how often the run went back before it came here: each time other windows are drawn
   */
  fill(step: number, attempt = 0): Batch {
    const random = attempt === 0 ? Random.of(this.#seed, 'batch', step) : Random.of(this.#seed, 'batch', step, attempt);
    const { weights } = this.batch;
    let known = 0;
    for (let window = 0; window < this.#shape.batch; window++) known += this.#fillWindow(window, random);
    if (known > 0) for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / known;
    return this.batch;
  }

  /** Cuts one random window out of the rows; what follows its segment is another market's, or the future, and is masked. */
  #fillWindow(window: number, random: Random): number {
    const { x, y, features, horizons, segments } = this.#rows;
    const { length } = this.#shape;
    const drawn = random.integer(this.#startsUpTo.at(-1) as number);
    const segment = this.#startsUpTo.findIndex((upTo) => drawn < upTo);
    const from =
      (segments[segment] as number) + drawn - (segment === 0 ? 0 : (this.#startsUpTo[segment - 1] as number));
    const at = window * length;
    const cut = {
      features: this.batch.features.subarray(at * features, (at + length) * features),
      labels: this.batch.labels.subarray(at * horizons, (at + length) * horizons),
    };
    cut.features.set(x.subarray(from * features, (from + length) * features));
    cut.labels.set(y.subarray(from * horizons, (from + length) * horizons));
    maskFuture(cut, length, Math.min(length, this.#segmentEnd(segment) - from));
    let known = 0;
    for (let i = 0; i < cut.labels.length; i++) {
      const isKnown = !Number.isNaN(cut.labels[i]);
      if (!isKnown) cut.labels[i] = 0;
      this.batch.weights[at * horizons + i] = isKnown ? 1 : 0;
      if (isKnown) known++;
    }
    return known;
  }

  #segmentEnd(segment: number): number {
    return this.#rows.segments[segment + 1] ?? rowCount(this.#rows);
  }
}
