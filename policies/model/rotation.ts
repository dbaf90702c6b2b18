/**
 * Turning keys and queries: entries 2i and 2i + 1 turn together by φ_i, the entries behind the last pair stay.
 *
 * φ_t = φ_{t−1} + turn_t, by stream and head. It runs on over chunks and blocks, and whole turns are taken off it, so that
 * it is as exact after ten million rows as at the start.
 */
import type { Value } from '../graph/graph.ts';
import { linearScan } from '../graph/linear-scan.ts';
import { add, cos, matmul, mul, reduceSum, round, scale, sin, squeeze, sub, unsqueeze } from '../graph/ops.ts';

export interface Angles {
  /** φ of each row: (…, H, Q, S). */
  readonly each: Value;
  /** φ of the last row, within ±π: (B, H, S). */
  readonly final: Value;
}

/** @param anyTurns (K, B, H, Q, S); those of padding are 0. @param before φ before the first row: (B, H, S) */
export function anglesOfChunks(anyTurns: Value, before: Value): Angles {
  const { graph } = anyTurns;
  // Whole turns are taken off each row first, so that the sums within a chunk stay small and exact.
  const turns = withoutTurns(anyTurns);
  const rows = Number(turns.shape.at(-2));
  const upTo = graph.constant(
    [rows, rows],
    Array.from({ length: rows * rows }, (_, i) => (i % rows <= Math.floor(i / rows) ? 1 : 0)),
  );
  const sums = squeeze(reduceSum(turns, [-2]), -2);
  const kept = add(scale(sums, 0), graph.scalar(1));
  const { entering, final } = linearScan(before, kept, sums, { angle: true });
  return { each: add(matmul(upTo, turns), unsqueeze(entering, -2)), final };
}

/** @param turns (S, H, 1, S); one row of each stream */
export function anglesOfStep(turns: Value, before: Value): Angles {
  const each = withoutTurns(add(turns, unsqueeze(before, -2)));
  return { each, final: squeeze(each, -2) };
}

/** An angle within ±π. */
function withoutTurns(x: Value): Value {
  return sub(x, scale(round(scale(x, 1 / (2 * Math.PI))), 2 * Math.PI));
}

/** Turns the last axis of keys or queries. */
export class Rotation {
  readonly #cos: Value;
  readonly #sin: Value;
  readonly #partner: Value;

  /** @param angles (…, S) @param width entries of a key, at least 2 S */
  constructor(angles: Value, width: number) {
    const { graph } = angles;
    const pairs = Number(angles.shape.at(-1));
    const matrix = (rows: number, entry: (row: number, column: number) => number) =>
      graph.constant(
        [rows, width],
        Array.from({ length: rows * width }, (_, i) => entry(Math.floor(i / width), i % width)),
      );
    const spread = matrix(pairs, (pair, entry) => (entry >> 1 === pair ? 1 : 0));
    const still = graph.constant(
      [width],
      Array.from({ length: width }, (_, entry) => (entry < 2 * pairs ? 0 : 1)),
    );
    this.#cos = add(matmul(cos(angles), spread), still);
    this.#sin = matmul(sin(angles), spread);
    // (x₀, x₁) → (−x₁, x₀) in each pair, 0 behind the last.
    this.#partner = matrix(width, (from, to) => {
      if (from >= 2 * pairs || (from ^ 1) !== to) return 0;
      return to % 2 === 0 ? -1 : 1;
    });
  }

  /** @param x (…, width), broadcasting with the angles */
  turn(x: Value): Value {
    return add(mul(x, this.#cos), mul(matmul(x, this.#partner), this.#sin));
  }
}
