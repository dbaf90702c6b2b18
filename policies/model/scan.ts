/**
 * The state-space recurrence over whole series:
 *
 *     h_t = α_t·(h_{t−1} + δ_t·k_{t−1}ᵀ v_{t−1}) + γ_t·k_tᵀ v_t        y_t = q_t·h_t + D·v_t
 *
 * δ is the trapezoid's: without it the row before has no part. Matrix products within chunks of Q rows, across few chunks, and
 * across groups of chunks in the same way; a linear scan where their number is free or cannot be divided. One row at a time:
 * `step-scan.ts`.
 * Axes: H heads, B streams, K chunks, Q rows of a chunk, R rank, N state, P head. Heads stand first, so that each
 * projection is one product over all rows; chunks and rows stand as a series has them, so that nothing is transposed.
 * Keys and queries may have one head, shared by all.
 */
import type { Value } from '../graph/graph.ts';
import { linearScan } from '../graph/linear-scan.ts';
import type { Dim } from '../graph/onnx.ts';
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
  transpose,
  transposeLast,
  unsqueeze,
} from '../graph/ops.ts';

export interface ScanInputs {
  /** (H, B, K, Q·R, P), of each row its R values. */
  readonly values: Value;
  /** (1 or H, B, K, Q·R, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** ln α ≤ 0: (H, B, K, Q). */
  readonly logDecay: Value;
  /** γ, likewise. */
  readonly own: Value;
  /** δ, likewise; undefined: 0. */
  readonly previous: Value | undefined;
  /** D, broadcasting to the values; undefined: 0. */
  readonly skip: Value | undefined;
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
/** More chunks go in groups, or through a loop: the matrix across them is quadratic in their number. */
const MOST_CHUNKS_AT_ONCE = 16;

export function atOnce(chunks: Dim | undefined): chunks is number {
  return typeof chunks === 'number' && chunks <= MOST_CHUNKS_AT_ONCE;
}

export function chunkedScan(inputs: ScanInputs): ScanOutputs {
  const { values, keys, queries, logDecay, own, previous, skip, rank } = inputs;
  const square = squareOf(logDecay);
  const { lasting, weights } = weightsOf(logDecay, own, previous);
  const scores = matmul(queries, transposeLast(keys));
  const weighed = rank === 1 ? mul(scores, weights) : weighted(scores, weights, rank);
  const within = matmul(skip === undefined ? weighed : add(weighed, mul(diagonalOf(weighed), skip)), values);

  // Sums from the chunk's start and to its end, by a triangular matrix: exact zeros keep the future out.
  const sinceStart = matmul(
    logDecay,
    square((from, to) => (from <= to ? 1 : 0)),
  );
  const untilEnd = matmul(
    logDecay,
    square((from, to) => (from > to ? 1 : 0)),
  );
  const added = matmul(transposeLast(keys), perRow(values, mul(lasting, exp(untilEnd)), rank));
  const { entering, final } = acrossChunks(entered(inputs), reduceSum(logDecay, [-1]), added);
  const carried = perRow(matmul(queries, entering), exp(sinceStart), rank);
  return { output: add(within, carried), memory: swapLead(final) };
}

/** What a row weighs in its own chunk, (…, Q, Q), rows the later one; and behind its own step, (…, Q). */
function weightsOf(logDecay: Value, own: Value, previous: Value | undefined): { lasting: Value; weights: Value } {
  if (previous === undefined) {
    return { lasting: own, weights: mul(decays(logDecay, 'from each on'), unsqueeze(own, -2)) };
  }
  const lasting = add(own, ofNextRow(previous));
  const past = decays(logDecay, 'behind each');
  return { lasting, weights: add(mul(past, unsqueeze(lasting, -2)), mul(diagonalOf(past), unsqueeze(own, -2))) };
}

/** Which pairs of rows have a decay between them, and over which rows i it is: all have 0 elsewhere. */
const SPANS = {
  /** from ≤ to; from < i ≤ to */
  'from each on': { counts: (from: number, to: number) => from <= to, upTo: (i: number, to: number) => i <= to },
  /** from < to; from < i ≤ to */
  'behind each': { counts: (from: number, to: number) => from < to, upTo: (i: number, to: number) => i <= to },
  /** from < to; from < i < to */
  'between both': { counts: (from: number, to: number) => from < to, upTo: (i: number, to: number) => i < to },
} as const;

/**
 * exp of the decays' sum between any two rows: (…, Q) → (…, Q, Q), rows `to`, columns `from`.
 *
 * The sums are one product with a constant. A difference of cumulative sums would cancel, and takes longer.
 */
function decays(logDecay: Value, span: keyof typeof SPANS): Value {
  const { graph } = logDecay;
  const { counts, upTo } = SPANS[span];
  const rows = Number(logDecay.shape.at(-1));
  const matrix = (shape: number[], entry: (row: number, column: number) => number) =>
    graph.constant(
      shape,
      Array.from({ length: rows * rows }, (_, i) => entry(Math.floor(i / rows), i % rows)),
    );
  // In the file two small matrices stand for the large one, [i, to, from]: the engine multiplies them when it loads it.
  const reaching = matrix([rows, rows, 1], (i, to) => (upTo(i, to) ? 1 : 0));
  const behind = matrix([rows, 1, rows], (i, from) => (from < i ? 1 : 0));
  const summed = reshape(mul(reaching, behind), [rows, rows * rows]);
  const never = reshape(
    matrix([rows, rows], (to, from) => (counts(from, to) ? 0 : NEVER)),
    [rows * rows],
  );
  return reshape(exp(add(matmul(logDecay, summed), never)), [...logDecay.shape, rows]);
}

/** Ones where a row meets itself. */
function diagonalOf(square: Value): Value {
  return squareOf(square)((to, from) => (from === to ? 1 : 0));
}

/** Before the first row. */
interface Start {
  /** (H, B, N, P) */
  readonly memory: Value;
  /** It is zeros, by construction: a series begins. */
  readonly empty: boolean;
}

/**
 * State entering each chunk, (H, B, K, N, P), and after the last, (H, B, N, P).
 * @param logDecay over the whole of each chunk: (H, B, K, 1)
 * @param added by each chunk: (H, B, K, N, P)
 */
function acrossChunks(start: Start, logDecay: Value, added: Value): { entering: Value; final: Value } {
  const [, streams, chunks] = added.shape as [Dim, Dim, Dim];
  if (atOnce(chunks))
    return { entering: enteringAtOnce(start, logDecay, added), final: finalAtOnce(start, logDecay, added) };
  const size = typeof chunks === 'number' && typeof streams === 'number' ? groupSize(chunks) : undefined;
  if (size !== undefined) return acrossGroups(start, logDecay, added, size);
  const chunksFirst = (x: Value) => transpose(x, [2, 0, 1, 3, 4]);
  const decay = chunksFirst(exp(unsqueeze(logDecay, -1)));
  const { entering, final } = linearScan(start.memory, decay, chunksFirst(added));
  return { entering: transpose(entering, [1, 2, 0, 3, 4]), final };
}

/** Into how many a number of chunks can be cut without a rest; undefined: into none worth it. */
function groupSize(chunks: number): number | undefined {
  for (let size = MOST_CHUNKS_AT_ONCE; size >= 4; size--) if (chunks % size === 0) return size;
  return undefined;
}

/** What each group of chunks leaves behind goes across groups as what each chunk adds goes across chunks. */
function acrossGroups(start: Start, logDecay: Value, added: Value, size: number): { entering: Value; final: Value } {
  const [heads, streams, chunks, state, width] = added.shape as [Dim, number, number, number, number];
  const groups = chunks / size;
  const decayInGroup = reshape(logDecay, [heads, streams * groups, size, 1]);
  const addedInGroup = reshape(added, [heads, streams * groups, size, state, width]);
  const byGroup = finalAtOnce({ memory: start.memory, empty: true }, decayInGroup, addedInGroup);
  const { entering, final } = acrossChunks(
    start,
    reshape(reduceSum(decayInGroup, [2]), [heads, streams, groups, 1]),
    reshape(byGroup, [heads, streams, groups, state, width]),
  );
  const memory = reshape(entering, [heads, streams * groups, state, width]);
  return {
    entering: reshape(enteringAtOnce({ memory, empty: false }, decayInGroup, addedInGroup), added.shape),
    final,
  };
}

/** State entering each of few chunks, by one matrix of the decays between them. */
function enteringAtOnce({ memory, empty }: Start, logDecay: Value, added: Value): Value {
  const along = squeeze(logDecay, -1);
  const entering = reshape(matmul(decays(along, 'between both'), flatStates(added)), added.shape);
  if (empty) return entering;
  const sinceStart = matmul(
    along,
    squareOf(along)((from, to) => (from < to ? 1 : 0)),
  );
  return add(entering, faded(unsqueeze(memory, 2), sinceStart));
}

/** State after the last of few chunks: (H, B, N, P). */
function finalAtOnce({ memory, empty }: Start, logDecay: Value, added: Value): Value {
  const along = squeeze(logDecay, -1);
  const untilEnd = matmul(
    along,
    squareOf(along)((from, to) => (from > to ? 1 : 0)),
  );
  const [heads, streams, , state, width] = added.shape as [Dim, Dim, Dim, number, number];
  const final = reshape(matmul(unsqueeze(exp(untilEnd), -2), flatStates(added)), [heads, streams, state, width]);
  return empty ? final : add(final, faded(memory, squeeze(reduceSum(along, [-1]), -1)));
}

/** (H, B, K, N, P) → (H, B, K, N·P) */
function flatStates(x: Value): Value {
  const [heads, streams, chunks, state, width] = x.shape as [Dim, Dim, Dim, number, number];
  return reshape(x, [heads, streams, chunks, state * width]);
}

function faded(states: Value, exponent: Value): Value {
  return mul(states, exp(unsqueeze(unsqueeze(exponent, -1), -1)));
}

/** δ of the row after each, 0 after the last: (H, B, K, Q). */
function ofNextRow(previous: Value): Value {
  const [heads, streams, chunks, rows] = previous.shape as [Dim, Dim, Dim, number];
  const all = typeof chunks === 'number' ? chunks * rows : 'rows';
  const series = reshape(previous, [heads, streams, all]);
  return reshape(pad(slice(series, 2, 1), 2, 0, 1), previous.shape);
}

/** h before the first row, with the part that the row before it has in the first. */
function entered({ previous, state: { memory, key, value } }: ScanInputs): Start {
  const before = swapLead(memory);
  if (previous === undefined || key === undefined || value === undefined || isZero(key)) {
    return { memory: before, empty: isZero(memory) };
  }
  const first = slice(slice(squeeze(slice(previous, 2, 0, 1), 2), -1, 0, 1), 2, 0, 1);
  return { memory: add(before, mul(unsqueeze(first, -1), swapLead(matmul(transposeLast(key), value)))), empty: false };
}

function isZero({ data }: Value): boolean {
  return data !== undefined && !(data as Float32Array).some((value) => value !== 0);
}

/** (B, H, …) ↔ (H, B, …) */
export function swapLead(x: Value): Value {
  return transpose(x, [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)]);
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

/** The last row's R vectors, (B, H, R, ·). @param valid (K, Q), 0 for padding; undefined: all rows are real */
export function lastRow(x: Value, rank: number, valid: Value | undefined): Value {
  const chunk = squeeze(lastOf(x, 2), 2);
  const [heads, streams, rows, width] = chunk.shape as [Dim, Dim, number, number];
  if (valid === undefined) return swapLead(slice(chunk, -2, rows - rank, rows));
  const real = lastOf(valid, 0);
  // 1 for the last real row: those that are real less those that have a real one behind them.
  const behind = matmul(
    real,
    squareOf(real)((from, to) => (from === to + 1 ? 1 : 0)),
  );
  const apart = reshape(chunk, [heads, streams, rows / rank, rank * width]);
  return swapLead(reshape(matmul(sub(real, behind), apart), [heads, streams, rank, width]));
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
