/**
 * Turning keys and queries: entries 2i and 2i + 1 turn together by φ_i, the entries behind the last pair stay.
 *
 * φ_t = φ_{t−1} + turn_t, by stream and head. It runs on over chunks and blocks, and whole turns are taken off it, so that
 * it is as exact after ten million rows as at the start.
 */
import type { Graph, Value } from '../graph/graph.ts';
import { linearScan } from '../graph/linear-scan.ts';
import { add, matmul, reduceSum, round, scale, squeeze, sub, transpose, unsqueeze } from '../graph/ops.ts';
import { atOnce, swapLead } from './scan.ts';

export interface Angles {
  /** φ of each row: (heads, Q, S). */
  readonly each: Value;
  /** φ of the last row, within ±π: (B, H, S). */
  readonly final: Value;
}

/** @param anyTurns (H, B, K, Q, S); those of padding are 0. @param before φ before the first row: (B, H, S) */
export function anglesOfChunks(anyTurns: Value, before: Value): Angles {
  // Whole turns are taken off each row first, so that the sums within a chunk stay small and exact.
  const turns = withoutTurns(anyTurns);
  const sums = squeeze(reduceSum(turns, [-2]), -2);
  const { entering, final } = acrossChunks(sums, swapLead(before));
  const within = matmul(
    triangle(turns.graph, Number(turns.shape.at(-2)), (row, upTo) => row <= upTo),
    turns,
  );
  return { each: add(within, unsqueeze(entering, -2)), final: swapLead(final) };
}

/** φ entering each chunk, (H, B, K, S), and after the last, (H, B, S). @param sums of each chunk's turns */
function acrossChunks(sums: Value, before: Value): { entering: Value; final: Value } {
  const { graph } = sums;
  const chunks = sums.shape[2];
  if (!atOnce(chunks)) {
    const each = transpose(sums, [2, 0, 1, 3]);
    const kept = add(scale(each, 0), graph.scalar(1));
    const { entering, final } = linearScan(before, kept, each, { angle: true });
    return { entering: transpose(entering, [1, 2, 0, 3]), final };
  }
  const apart = withoutTurns(sums);
  const earlier = matmul(
    triangle(graph, chunks, (chunk, to) => chunk < to),
    apart,
  );
  const all = squeeze(reduceSum(apart, [2]), 2);
  return { entering: withoutTurns(add(earlier, unsqueeze(before, 2))), final: withoutTurns(add(all, before)) };
}

/** Ones where `counts`: row `to` of it sums what it counts. */
function triangle(graph: Graph, rows: number, counts: (from: number, to: number) => boolean): Value {
  return graph.constant(
    [rows, rows],
    Array.from({ length: rows * rows }, (_, i) => (counts(i % rows, Math.floor(i / rows)) ? 1 : 0)),
  );
}

/** φ of one row of each stream. @param turns (B, H, S) @param before φ of the row before it, likewise */
export function nextAngles(turns: Value, before: Value): Value {
  return withoutTurns(add(turns, before));
}

/** An angle within ±π. */
function withoutTurns(x: Value): Value {
  return sub(x, scale(round(scale(x, 1 / (2 * Math.PI))), 2 * Math.PI));
}
