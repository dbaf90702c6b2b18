/** Between the axes of vector files, (B, T, H, …), and those of the scan. */
import type { Value } from '../../graph/graph.ts';
import { mul, reshape, transpose, unsqueeze } from '../../graph/ops.ts';

/** (B, T, H, …) → (H, B, K, Q, …) */
export function intoChunks(x: Value, chunk: number): Value {
  const [batch, length, heads, ...rest] = x.shape as [number, number, number, ...number[]];
  const cut = reshape(x, [batch, length / chunk, chunk, heads, ...rest]);
  return transpose(cut, [3, 0, 1, 2, ...rest.map((_, i) => 4 + i)]);
}

/** (H, B, K, Q, …) → (B, T, H, …) */
export function outOfChunks(x: Value): Value {
  const [heads, batch, chunks, chunk, ...rest] = x.shape as [number, number, number, number, ...number[]];
  const order = [1, 2, 3, 0, ...rest.map((_, i) => 4 + i)];
  return reshape(transpose(x, order), [batch, chunks * chunk, heads, ...rest]);
}

/** (B, T, G, N), each group for as many heads: (B, T, H, N); one group is left as it is. */
export function acrossHeads(x: Value, heads: number): Value {
  const [batch, length, groups, width] = x.shape as [number, number, number, number];
  if (groups === 1 || groups === heads) return x;
  const each = heads / groups;
  const ones = x.graph.constant([each, 1], new Array(each).fill(1));
  return reshape(mul(unsqueeze(x, 3), ones), [batch, length, heads, width]);
}

/** (B, T, R, H, N) → (B, T, H, R, N) */
export function headsFirst(x: Value): Value {
  return transpose(x, [0, 1, 3, 2, 4]);
}

/** (…, Q, R, N) → (…, Q·R, N) */
export function joinRows(x: Value): Value {
  const [rows, rank, width] = x.shape.slice(-3) as [number, number, number];
  return reshape(x, [...x.shape.slice(0, -3), rows * rank, width]);
}
