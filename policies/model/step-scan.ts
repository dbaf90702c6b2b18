/**
 * The recurrence of `scan.ts` for one row of each stream:
 *
 *     h_t = α_t·(h_{t−1} + δ_t·k_{t−1}ᵀ v_{t−1}) + γ_t·k_tᵀ v_t        y_t = q_t·h_t
 *
 * What the row before has left to write and what the row writes itself are rows that the state takes in one after the other,
 * so that it is read and written once: most of a step's time is the moving of its state.
 * Axes: S streams, R rank, H heads, G groups of heads, N state, P head. Heads stand side by side: (S, R, H·P).
 */
import type { Value } from '../graph/graph.ts';
import { linearAttention } from '../graph/linear-attention.ts';
import type { Dim } from '../graph/onnx.ts';
import { concat, matmul, mul, reshape, transpose } from '../graph/ops.ts';

export interface StepInputs {
  /** (S, R, H·P) */
  readonly values: Value;
  /** (S, R, G·N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** ln α ≤ 0: (S, 1, H). */
  readonly logDecay: Value;
  /** γ, likewise. */
  readonly own: Value;
  /** h before the row: (S, H, N, P). */
  readonly memory: Value;
  /** undefined: δ is 0, and R is 1. */
  readonly before: RowBefore | undefined;
}

/** What the row before has left to write. */
export interface RowBefore {
  /** (S, R, H·N) */
  readonly keys: Value;
  /** (S, R, H·P) */
  readonly values: Value;
  /** δ: (S, 1, H). */
  readonly weight: Value;
}

export interface StepOutputs {
  /** The shape of `values`. */
  readonly output: Value;
  /** h after the row. */
  readonly memory: Value;
}

export function stepScan({ values, keys, queries, logDecay, own, memory, before }: StepInputs): StepOutputs {
  if (before === undefined) {
    return linearAttention({ queries, keys, values: weighted(values, own), memory, logDecay });
  }
  const rank = values.shape[1] as number;
  const bothKeys = concat([before.keys, keys], 1);
  // What the kernel reads on the way is not used, whatever it is asked by: a row's R queries all read the state after its last.
  const written = linearAttention({
    queries: bothKeys,
    keys: bothKeys,
    values: weighted(concat([before.values, values], 1), concat([before.weight, own], 1)),
    memory,
    logDecay: mul(logDecay, onlyRow(logDecay, rank, 2 * rank)),
  });
  const heads = memory.shape[1] as number;
  const read = matmul(byHeads(queries, heads), written.memory);
  return { output: sideBySide(read), memory: written.memory };
}

/** Rows' vectors, heads side by side, times a number a head: (S, 1 or 2, H) of one row's R vectors or of two rows'. */
function weighted(x: Value, weight: Value): Value {
  const { graph } = x;
  const [rows, heads] = weight.shape.slice(1) as [number, number];
  const [streams, vectors, joined] = x.shape as [Dim, number, number];
  const [rank, width] = [vectors / rows, joined / heads];
  // One product with a constant repeats a head's number over its columns, and over a row's vectors.
  const repeated = matmul(
    weight,
    graph.constant(
      [heads, rank * joined],
      Array.from({ length: heads * rank * joined }, (_, i) => {
        const [head, column] = [Math.floor(i / (rank * joined)), i % joined];
        return Math.floor(column / width) === head ? 1 : 0;
      }),
    ),
  );
  return mul(x, rank === 1 ? repeated : reshape(repeated, [streams, vectors, joined]));
}

/** 1 in one row and 0 in the others: (rows, 1). */
function onlyRow({ graph }: Value, row: number, rows: number): Value {
  return graph.constant(
    [rows, 1],
    Array.from({ length: rows }, (_, i) => (i === row ? 1 : 0)),
  );
}

/** (S, R, H·N) → (S, H, R, N) */
export function byHeads(x: Value, heads: number): Value {
  const [streams, rank, joined] = x.shape as [Dim, number, number];
  const width = joined / heads;
  if (rank === 1) return reshape(x, [streams, heads, 1, width]);
  return transpose(reshape(x, [streams, rank, heads, width]), [0, 2, 1, 3]);
}

/** (S, H, R, N) → (S, R, H·N) */
export function sideBySide(x: Value): Value {
  const [streams, heads, rank, width] = x.shape as [Dim, number, number, number];
  return reshape(rank === 1 ? x : transpose(x, [0, 2, 1, 3]), [streams, rank, heads * width]);
}
