/** Rows of streams, (B, T, …), cut into chunks, (B, K, Q, …), and back. */
import type { Graph, Value } from '../graph/graph.ts';
import { reshape } from '../graph/ops.ts';
import type { Mixing } from './mixing.ts';

/** Rows as a block takes them, the way there and back, and which of them are real. */
export interface Rows extends Pick<Mixing, 'enter' | 'leave'> {
  /** 1 for real rows and 0 for padding, (K, Q); undefined: all real. */
  readonly valid: Value | undefined;
}

/** (B, T, ·) as chunks (B, K, Q, ·). */
export function inChunks(features: Value, chunk: number): Rows {
  return {
    valid: typeof features.shape[1] === 'number' ? undefined : validRows(features, chunk),
    enter: (x) => toChunks(x, chunk),
    leave: (x) => fromChunks(x, features),
  };
}

/** (S, ·) as it is. */
export const inRows = { enter: (x: Value) => x, leave: (x: Value) => x };

/** Name of the number of chunks where it is known only when the graph runs. */
const CHUNKS = 'chunks';

/** (B, T, F) → (B, K, Q, F). T is a multiple of `chunk`, or is padded with zero rows at the end where it is a name. */
function toChunks(x: Value, chunk: number): Value {
  const [streams, length, features] = x.shape as [number | string, number | string, number];
  const padded = typeof length === 'number' ? x : padRows(x, chunk);
  const chunks = typeof length === 'number' ? length / chunk : CHUNKS;
  return reshape(padded, [streams, chunks, chunk, features]);
}

/** (B, K, Q, F) → (B, T, F), dropping the rows by which `like`, the original, was padded. */
function fromChunks(x: Value, like: Value): Value {
  const [streams, chunks, chunk, features] = x.shape as [number | string, number | string, number, number];
  const length = like.shape[1] as number | string;
  const whole = typeof chunks === 'number' ? chunks * chunk : 'padded';
  const joined = reshape(x, [streams, whole, features]);
  if (typeof length === 'number') return joined;
  const { graph } = x;
  const cut = [graph.indices([0]), lengthOf(like), graph.indices([1])];
  return graph.apply('Slice', [joined, ...cut], [streams, length, features]);
}

/** 1 for each row of `like`, (B, T, F), and 0 for each row of padding: (K, Q). */
function validRows(like: Value, chunk: number): Value {
  const { graph } = like;
  const ones = graph.apply('Expand', [graph.scalar(1), lengthOf(like)], [like.shape[1] as string]);
  const pads = graph.apply('Concat', [graph.indices([0]), missingRows(like, chunk)], [2], AXIS_0, 'int64');
  const padded = graph.apply('Pad', [ones, pads], ['padded']);
  return reshape(padded, [CHUNKS, chunk]);
}

const AXIS_0 = { axis: { kind: 'int', value: 0 } } as const;

function padRows(x: Value, chunk: number): Value {
  const { graph } = x;
  const parts = [graph.indices([0, 0, 0, 0]), missingRows(x, chunk), graph.indices([0])];
  const pads = graph.apply('Concat', parts, [6], AXIS_0, 'int64');
  return graph.apply('Pad', [x, pads], x.shape.with(1, 'padded'));
}

/** How many rows T lacks to a whole number of chunks: −T modulo chunk. */
function missingRows(x: Value, chunk: number): Value {
  const { graph } = x;
  const negated = int64(graph, 'Neg', [lengthOf(x)]);
  return int64(graph, 'Mod', [negated, graph.indices([chunk])]);
}

/** T, as a vector of one integer. */
function lengthOf(x: Value): Value {
  const only = { start: { kind: 'int', value: 1 }, end: { kind: 'int', value: 2 } } as const;
  return x.graph.apply('Shape', [x], [1], only, 'int64');
}

function int64(graph: Graph, op: string, inputs: readonly Value[]): Value {
  return graph.apply(op, inputs, [1], {}, 'int64');
}
