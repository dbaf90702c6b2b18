/**
 * How the chunked form lays rows out by heads: from rows, (B, K, Q, ·), to projections, (H, B, K, Q, ·), and back.
 *
 * The weights of heads stand apart, (H, …), so that all rows of all streams are multiplied by a head's matrix in one product.
 */
import type { Value } from '../graph/graph.ts';
import type { Dim } from '../graph/onnx.ts';
import { matmul, reduceSum, reshape, squeeze, transposeLast, unsqueeze } from '../graph/ops.ts';
import { elements } from '../graph/shape.ts';

/** Rows by a matrix a head, (H, D, P), or by one that all heads share, (D, N), whose result has one head. */
export function project(rows: Value, weight: Value): Value {
  if (weight.shape.length === 2) return unsqueeze(matmul(rows, weight), 0);
  return apart(matmul(together(rows, 0), weight), rows, 0);
}

/** Rows by a vector a head, (H, D): the heads' rows without the last axis. */
export function scalars(rows: Value, weight: Value): Value {
  return apart(matmul(weight, transposeLast(together(rows, 0))), rows, 0);
}

/** A parameter, (H, …), so that it broadcasts against the heads' rows, or, with one axis less, against their scalars. */
export function spread(parameter: Value): Value {
  return reshape(parameter, [parameter.shape[0] as Dim, 1, 1, ...parameter.shape.slice(1)]);
}

/** Back to rows: each head's rows by its matrix, (H, P, D), summed over the heads. */
export function collect(heads: Value, weight: Value): Value {
  const each = matmul(together(heads, 1), weight);
  return squeeze(apart(reduceSum(each, [0]), heads, 1), 0);
}

/** Streams, chunks and rows of a chunk as one axis. @param lead axes before them, which stay */
function together(x: Value, lead: number): Value {
  const joined = x.shape.slice(lead, lead + 3);
  const numbers = joined.filter((dim) => typeof dim === 'number');
  const all = numbers.length === joined.length ? elements(numbers) : 'rows';
  return reshape(x, [...x.shape.slice(0, lead), all, ...x.shape.slice(lead + 3)]);
}

/** (H, B·K·Q, …) → (H, B, K, Q, …). @param like has streams, chunks and rows behind its `lead` axes */
function apart(x: Value, like: Value, lead: number): Value {
  const { graph } = x;
  const own = like.shape.slice(lead, lead + 3);
  const [heads, , ...rest] = x.shape as [number, Dim, ...number[]];
  const shape = [heads, ...own, ...rest];
  if (own.every((dim) => typeof dim === 'number')) return reshape(x, shape);
  // Two lengths are known only when the graph runs.
  const axes = { start: { kind: 'int', value: lead }, end: { kind: 'int', value: lead + 3 } } as const;
  const lengths = graph.apply('Shape', [like], [3], axes, 'int64');
  const parts = [graph.indices([heads]), lengths, ...(rest.length === 0 ? [] : [graph.indices(rest)])];
  const target = graph.apply('Concat', parts, [shape.length], { axis: { kind: 'int', value: 0 } }, 'int64');
  return graph.apply('Reshape', [x, target], shape);
}
