/**
 * The state-space recurrence in two forms, with one set of weights:
 *
 *     h_t = α_t·(h_{t−1} + δ_t·k_{t−1}ᵀ v_{t−1}) + γ_t·k_tᵀ v_t        y_t = q_t·h_t
 *
 * δ is the trapezoid's: without it the row before has no part. Chunked: matrix products within chunks of Q rows, one
 * linear scan across them. Step: one row.
 * Axes: K chunks, B streams, H heads, Q rows of a chunk, R rank, N state, P head. K stands first, so that the scan across
 * chunks moves no data. Keys and queries may have one head, shared by all.
 */
import type { Value } from '../graph/graph.ts';
import { linearScan } from '../graph/linear-scan.ts';
import {
  add,
  exp,
  lastOf,
  matmul,
  mul,
  pad,
  reduceSum,
  reshape,
  slice,
  squeeze,
  sub,
  transposeLast,
  unsqueeze,
} from '../graph/ops.ts';

export interface ScanInputs {
  /** (K, B, H, Q·R, P), of each row its R values. */
  readonly values: Value;
  /** (K, B, 1 or H, Q·R, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** ln α ≤ 0: (K, B, H, Q). */
  readonly logDecay: Value;
  /** γ, likewise; undefined: 1, the values carry it. */
  readonly own: Value | undefined;
  /** δ, likewise; undefined: 0. */
  readonly previous: Value | undefined;
  /** R */
  readonly rank: number;
  /** Before the first row. */
  readonly state: ScanState;
}

export interface ScanState {
  /** h: (B, H, N, P). */
  readonly memory: Value;
  /** The last row's, (B, H, R, N) and (B, H, R, P); only where there is δ. */
  readonly key?: Value;
  readonly value?: Value;
}

export interface ScanOutputs {
  /** The shape of `values`. */
  readonly output: Value;
  /** h after the last row: (B, H, N, P). */
  readonly memory: Value;
}

/** Added to an exponent before `exp`, it leaves exactly 0; after, it would leave NaN gradients where exp overflows. */
const NEVER = -1e30;

export function chunkedScan(inputs: ScanInputs): ScanOutputs {
  const { values, keys, queries, logDecay, own, previous, rank, state } = inputs;
  const square = squareOf(logDecay);
  // Sums from the chunk's start and to its end, by a triangular matrix: exact zeros keep the future out.
  const sinceStart = matmul(
    logDecay,
    square((from, to) => (from <= to ? 1 : 0)),
  );
  const untilEnd = matmul(
    logDecay,
    square((from, to) => (from > to ? 1 : 0)),
  );
  const past = exp(
    add(
      sub(unsqueeze(sinceStart, -1), unsqueeze(sinceStart, -2)),
      square((to, from) => (from < to ? 0 : NEVER)),
    ),
  );
  // The diagonal is added, not computed: the difference of a sum with itself is 0, but its gradient would be rounding.
  const identity = square((to, from) => (from === to ? 1 : 0));
  const lasting = previous === undefined ? own : add(own as Value, ofNextRow(previous));
  const weights =
    lasting === undefined
      ? add(past, identity)
      : add(mul(past, unsqueeze(lasting, -2)), mul(identity, unsqueeze(own as Value, -2)));
  const scores = matmul(queries, transposeLast(keys));
  const within = matmul(rank === 1 ? mul(scores, weights) : weighted(scores, weights, rank), values);

  const toEnd = lasting === undefined ? exp(untilEnd) : mul(lasting, exp(untilEnd));
  const added = matmul(transposeLast(keys), perRow(values, toEnd, rank));
  const decayOfChunk = exp(unsqueeze(reduceSum(logDecay, [-1]), -1));
  const { entering, final } = linearScan(entered(inputs, state), decayOfChunk, added);
  const carried = perRow(matmul(queries, entering), exp(sinceStart), rank);
  return { output: add(within, carried), memory: final };
}

/**
 * δ of the row after each, 0 after the last. A row that weighs γ_s in its own step weighs γ_s + δ_{s+1} in all later
 * ones, for δ_{s+1} comes before the decay of s + 1: so one product serves the trapezoid, and no output sees a later row.
 */
function ofNextRow(previous: Value): Value {
  const shifted = matmul(
    previous,
    squareOf(previous)((from, to) => (from === to + 1 ? 1 : 0)),
  );
  const chunks = previous.shape[0];
  if (chunks === 1) return shifted;
  const rows = Number(previous.shape.at(-1));
  const firstOfNext = pad(slice(slice(previous, -1, 0, 1), 0, 1), 0, 0, 1);
  const lastOnly = previous.graph.constant([rows], indicator(rows, rows - 1));
  return add(shifted, mul(firstOfNext, lastOnly));
}

/** h before the first row, with the part that the row before it has in the first. */
function entered({ previous }: ScanInputs, { memory, key, value }: ScanState): Value {
  if (previous === undefined || key === undefined || value === undefined) return memory;
  const first = squeeze(slice(slice(previous, 0, 0, 1), -1, 0, 1), 0);
  return add(memory, mul(unsqueeze(first, -1), matmul(transposeLast(key), value)));
}

/** Scores of R·Q rows with one weight for each pair of rows. */
function weighted(scores: Value, weights: Value, rank: number): Value {
  const rows = Number(weights.shape.at(-1));
  const apart = reshape(scores, [...scores.shape.slice(0, 3), rows, rank, rows, rank]);
  const product = mul(apart, unsqueeze(unsqueeze(weights, -1), -3));
  return reshape(product, [...product.shape.slice(0, 3), rows * rank, rows * rank]);
}

/** Each row's R vectors times its weight. */
function perRow(x: Value, weight: Value, rank: number): Value {
  if (rank === 1) return mul(x, unsqueeze(weight, -1));
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const apart = reshape(x, [...x.shape.slice(0, -2), rows / rank, rank, width]);
  return reshape(mul(apart, unsqueeze(unsqueeze(weight, -1), -1)), x.shape);
}

/** The last row's R vectors, (B, H, R, ·). @param valid (K, 1, 1, Q), 0 for padding; undefined: all rows are real */
export function lastRow(x: Value, rank: number, valid: Value | undefined): Value {
  const chunk = squeeze(lastOf(x, 0), 0);
  const [heads, rows, width] = chunk.shape.slice(1) as [number, number, number];
  if (valid === undefined) return slice(chunk, -2, rows - rank, rows);
  const real = squeeze(lastOf(valid, 0), 0);
  const length = rows / rank;
  // 1 for the last real row: those that are real less those that have a real one behind them.
  const behind = matmul(
    real,
    squareOf(real)((from, to) => (from === to + 1 ? 1 : 0)),
  );
  const chosen = unsqueeze(sub(real, behind), -2);
  const apart = reshape(chunk, [chunk.shape[0] as number, heads, length, rank * width]);
  return reshape(matmul(chosen, apart), [chunk.shape[0] as number, heads, rank, width]);
}

/** One row: the same shapes without K, and Q = 1. */
export function stepScan({ values, keys, queries, logDecay, own, previous, state }: ScanInputs): ScanOutputs {
  const each = (x: Value) => unsqueeze(x, -1);
  const { memory, key, value } = state;
  const before =
    previous === undefined
      ? memory
      : add(memory, matmul(transposeLast(mul(key as Value, each(previous))), value as Value));
  const weighed = own === undefined ? values : mul(values, each(own));
  const next = add(mul(before, exp(each(logDecay))), matmul(transposeLast(keys), weighed));
  return { output: matmul(queries, next), memory: next };
}

/** Constant matrices over the rows of a chunk. */
function squareOf(rowsLast: Value) {
  const rows = Number(rowsLast.shape.at(-1));
  return (entry: (row: number, column: number) => number): Value =>
    rowsLast.graph.constant(
      [rows, rows],
      Array.from({ length: rows * rows }, (_, i) => entry(Math.floor(i / rows), i % rows)),
    );
}

function indicator(length: number, at: number): number[] {
  return Array.from({ length }, (_, i) => (i === at ? 1 : 0));
}
