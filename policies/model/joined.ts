/** Several projections of one row as one matrix, where the weights are known: one product instead of many small ones. */
import type { Graph, Value } from '../graph/graph.ts';
import { add, matmul, reshape, split } from '../graph/ops.ts';

/** A matrix of `dModel` rows, row-major, with its columns. */
interface Columns {
  readonly count: number;
  readonly values: ArrayLike<number>;
}

/** The data of a constant. @throws when the value is computed: the step form is built around weights that are known */
export function dataOf(value: Value): ArrayLike<number> {
  const { data } = value;
  if (data === undefined || data instanceof BigInt64Array) {
    throw new Error(`${value.name}: the step form needs its weights as constants`);
  }
  return data;
}

/** One of a row's projections. */
export interface Projection {
  /** (dModel, count), shared by the heads, or (H, dModel, count), or (H, dModel) where count is 1. */
  readonly weight: Value;
  readonly count: number;
  /** Added, `count` values. */
  readonly bias?: (head: number) => readonly number[];
}

/**
 * Projections of one row of each stream, (S, dModel), from one product: (S, H, 1, count) each. What the heads share is
 * computed once for each of them.
 */
export function projectTogether(rows: Value, heads: number, projections: readonly Projection[]): readonly Value[] {
  const { graph } = rows;
  const [streams, dModel] = rows.shape as [number | string, number];
  const counts = projections.map(({ count }) => count);
  const matrices = projections.map(({ weight, count }) => joinable(weight, dModel, count));
  const ofHeads = Array.from({ length: heads }, (_, head) => head);
  const columns = ofHeads.flatMap((head) => matrices.map((each) => (each[head] ?? each[0]) as Columns));
  const bias = ofHeads.flatMap((head) =>
    projections.flatMap(({ count, bias: own }) => own?.(head) ?? new Array<number>(count).fill(0)),
  );
  const joined = add(matmul(rows, joinedMatrix(graph, columns, dModel)), graph.constant([bias.length], bias));
  return split(reshape(joined, [streams, heads, 1, bias.length / heads]), -1, counts);
}

/** A projection's parameter as one matrix a head. */
function joinable(parameter: Value, dModel: number, count: number): Columns[] {
  const values = dataOf(parameter);
  const size = dModel * count;
  return Array.from({ length: values.length / size }, (_, head) => ({
    count,
    values: Float32Array.from({ length: size }, (_, i) => values[head * size + i] as number),
  }));
}

/** The matrices side by side: dModel × all their columns. */
function joinedMatrix(graph: Graph, parts: readonly Columns[], dModel: number): Value {
  const width = parts.reduce((sum, { count }) => sum + count, 0);
  const joined = new Float32Array(dModel * width);
  let from = 0;
  for (const { count, values } of parts) {
    for (let i = 0; i < values.length; i++) {
      joined[Math.floor(i / count) * width + from + (i % count)] = values[i] as number;
    }
    from += count;
  }
  return graph.constant([dModel, width], joined);
}
