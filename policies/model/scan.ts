/**
 * The state-space recurrence h_t = α_t·h_{t−1} + k_tᵀ·x̄_t, y_t = q_t·h_t, in two forms.
 *
 * Chunked: matrix products within chunks of Q rows, one linear scan across them. Step: one row.
 * Axes: K chunks, B streams, H heads, Q rows of a chunk, N state, P head. K stands first, so that the scan across chunks
 * moves no data. Keys and queries may have one head, shared by all.
 */
import type { Value } from '../graph/graph.ts';
import { linearScan } from '../graph/linear-scan.ts';
import { add, exp, matmul, mul, reduceSum, sub, transposeLast, unsqueeze } from '../graph/ops.ts';

export interface ScanInputs {
  /** x̄, the input times its time step: (K, B, H, Q, P). */
  readonly input: Value;
  /** ln α ≤ 0: (K, B, H, Q). */
  readonly logDecay: Value;
  /** (K, B, 1 or H, Q, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** State before the first row: (B, H, N, P). */
  readonly state: Value;
}

export interface ScanOutputs {
  /** The shape of `input`. */
  readonly output: Value;
  /** State after the last row: (B, H, N, P). */
  readonly state: Value;
}

/** Added to an exponent before `exp`, it leaves exactly 0; after, it would leave NaN gradients where exp overflows. */
const NEVER = -1e30;

export function chunkedScan({ input, logDecay, keys, queries, state }: ScanInputs): ScanOutputs {
  const rows = Number(logDecay.shape.at(-1));
  const square = (entry: (row: number, column: number) => number) =>
    logDecay.graph.constant(
      [rows, rows],
      Array.from({ length: rows * rows }, (_, i) => entry(Math.floor(i / rows), i % rows)),
    );
  // Sums from the chunk's start and to its end, by a triangular matrix: exact zeros keep the future out.
  const sinceStart = matmul(
    logDecay,
    square((from, to) => (from <= to ? 1 : 0)),
  );
  const untilEnd = matmul(
    logDecay,
    square((from, to) => (from > to ? 1 : 0)),
  );

  const between = sub(unsqueeze(sinceStart, -1), unsqueeze(sinceStart, -2));
  const past = exp(
    add(
      between,
      square((to, from) => (from < to ? 0 : NEVER)),
    ),
  );
  // The diagonal is added, not computed: the difference of a sum with itself is 0, but its gradient would be rounding.
  const decayBetween = add(
    past,
    square((to, from) => (from === to ? 1 : 0)),
  );
  const within = matmul(mul(matmul(queries, transposeLast(keys)), decayBetween), input);

  const added = matmul(transposeLast(keys), mul(input, exp(unsqueeze(untilEnd, -1))));
  const decayOfChunk = exp(unsqueeze(reduceSum(logDecay, [-1]), -1));
  const { entering, final } = linearScan(state, decayOfChunk, added);
  const carried = mul(matmul(queries, entering), exp(unsqueeze(sinceStart, -1)));
  return { output: add(within, carried), state: final };
}

/** One row: the same shapes without K, and Q = 1. */
export function stepScan({ input, logDecay, keys, queries, state }: ScanInputs): ScanOutputs {
  const decay = exp(unsqueeze(logDecay, -1));
  const next = add(mul(state, decay), matmul(transposeLast(keys), input));
  return { output: matmul(queries, next), state: next };
}
