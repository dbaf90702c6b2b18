/**
 * A row's way into a block's step form and out of it, each by one product, where the weights are known.
 *
 * A row of each stream is (S, 1, ·); of what each head has for itself the heads stand side by side, (S, 1, H·P).
 */
import type { Graph, Value } from '../graph/graph.ts';
import { add, matmul, mul, reshape, split } from '../graph/ops.ts';

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
  /** `heads` matrices after one another: (dModel, N) for 1, (H, dModel, P) or (H, dModel) for more. */
  readonly weight: Value;
  readonly heads: number;
  /** Added to its columns. */
  readonly bias?: Value;
}

/** Projections of one row of each stream, (S, dModel), from one product: (S, 1, heads · columns) each. */
export function projectTogether(rows: Value, projections: readonly Projection[]): readonly Value[] {
  const { graph } = rows;
  const [streams, dModel] = rows.shape as [number | string, number];
  const columns = projections.map(({ weight, heads }) => matricesOf(weight, heads, dModel));
  const widths = columns.map((each) => each.reduce((sum, { count }) => sum + count, 0));
  const bias = projections.flatMap(({ bias: own }, i) =>
    own === undefined ? new Array<number>(widths[i] as number).fill(0) : Array.from(dataOf(own)),
  );
  const joined = add(matmul(rows, joinedMatrix(graph, columns.flat(), dModel)), graph.constant([bias.length], bias));
  return split(reshape(joined, [streams, 1, bias.length]), -1, widths);
}

/** Back to rows: (S, 1, H·P) by each head's matrix, (H, P, dModel), summed over the heads → (S, dModel). */
export function collectTogether(x: Value, weight: Value): Value {
  const [heads, width, dModel] = weight.shape as [number, number, number];
  const joined = reshape(x, [x.shape[0] as number | string, heads * width]);
  return matmul(joined, reshape(weight, [heads * width, dModel]));
}

/** A number a head, (H, 1, 1), as one for each of the head's columns: (H·P). */
export function overColumns(ofHeads: Value, width: number): Value {
  const ones = ofHeads.graph.constant([width], new Array(width).fill(1));
  return reshape(mul(ofHeads, ones), [(ofHeads.shape[0] as number) * width]);
}

function matricesOf(parameter: Value, heads: number, dModel: number): Columns[] {
  const values = dataOf(parameter);
  const size = values.length / heads;
  return Array.from({ length: heads }, (_, head) => ({
    count: size / dModel,
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
