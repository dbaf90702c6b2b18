/** Several projections of one row as one matrix, where the weights are known: one product instead of many small ones. */
import type { Graph, Value } from '../graph/graph.ts';

/** A matrix of `dModel` rows, row-major, with its columns. */
export interface Columns {
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

/** A projection's parameter, (dModel, count) or head by head (H, dModel, count), as one matrix a head. */
export function joinable(parameter: Value, dModel: number, count: number): Columns[] {
  const values = dataOf(parameter);
  const size = dModel * count;
  return Array.from({ length: values.length / size }, (_, head) => ({
    count,
    values: Float32Array.from({ length: size }, (_, i) => values[head * size + i] as number),
  }));
}

/** The matrices side by side: dModel × all their columns. */
export function joinedMatrix(graph: Graph, parts: readonly Columns[], dModel: number): Value {
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
