/** The series that a vector file describes: where it begins, how long it is, and its rows one by one. */
import type { Graph, Value } from '../../graph/graph.ts';
import { elements } from '../../graph/shape.ts';
import { size, type Tensor, VectorError, type VectorFile } from './vector-file.ts';

export type Values = Record<string, ArrayLike<number>>;

/** A graph's inputs for a file's, with what to feed them. */
export function inputsOf(graph: Graph, vectors: VectorFile): { values: Record<string, Value>; feeds: Values } {
  const values: Record<string, Value> = {};
  const feeds: Values = {};
  for (const [name, { shape, data }] of Object.entries(allInputs(vectors))) {
    values[name] = graph.input(name, shape);
    feeds[name] = data;
  }
  return { values, feeds };
}

/** Inputs that carry a state from block to block begin a series; the block's file leaves them out, for they are zeros. */
export function allInputs(vectors: VectorFile): Record<string, Tensor> {
  if (vectors.kind !== 'mamba3_siso_block') return vectors.inputs;
  const [batch] = shapeOfRows(vectors);
  const number = (name: string) => size(vectors, name);
  const [heads, width, state, angles] = ['n_heads', 'head_dim', 'd_state', 'n_angles'].map(number) as number[];
  const zeros = (...shape: (number | undefined)[]): Tensor => {
    const whole = [batch, heads, ...shape] as number[];
    return { shape: whole, data: new Array(elements(whole)).fill(0) };
  };
  return { h0: zeros(width, state), k0: zeros(state), v0: zeros(width), phi0: zeros(angles), ...vectors.inputs };
}

/** Rows of a stream. */
export function lengthOf(vectors: VectorFile): number {
  return shapeOfRows(vectors)[1];
}

/** Streams, and rows of each. @throws VectorError when the file has no rows */
export function shapeOfRows({ inputs }: VectorFile): [number, number] {
  const [streams, rows] = (inputs['x'] ?? inputs['u'])?.shape ?? [];
  if (streams === undefined || rows === undefined || streams * rows === 0) {
    throw new VectorError('inputs.x or inputs.u is required, (B, T, …)');
  }
  return [streams, rows];
}

/** (B, T, …): weights and states have other leading axes. */
export function isTimed({ shape }: Tensor, vectors: VectorFile): boolean {
  const [batch, length] = shapeOfRows(vectors);
  return shape.length > 2 && shape[0] === batch && shape[1] === length;
}

/** Row t of every stream. */
export function rowOf({ shape, data }: Tensor, t: number): number[] {
  const [batch, length] = shape as [number, number];
  const width = data.length / batch / length;
  return Array.from({ length: batch }, (_, b) =>
    data.slice((b * length + t) * width, (b * length + t + 1) * width),
  ).flat();
}

/** Rows (T of B × width) joined to (B, T, width). */
export function interleaved(rows: readonly ArrayLike<number>[], batch: number): number[] {
  const width = (rows[0]?.length ?? 0) / batch;
  const joined = new Array<number>(rows.length * batch * width);
  rows.forEach((row, t) => {
    for (let i = 0; i < row.length; i++) {
      joined[(Math.floor(i / width) * rows.length + t) * width + (i % width)] = row[i] as number;
    }
  });
  return joined;
}
