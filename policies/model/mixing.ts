/**
 * How rows of a series meet each other: what every kind of block offers to the network around it.
 *
 * A kind lays its rows out as it likes (in chunks, by time, as they come), so it also says how rows get there and back.
 */

import type { Random } from '../../runtime/random.ts';
import type { Graph, Value } from '../graph/graph.ts';

/** Looks a parameter up by name when a graph is built. */
export type Parameters = (name: string) => Value;

/** One parameter of a block, as a new model begins with it. */
export interface ParameterKind {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies: to matrices, never to biases, gains, the time step's bias or the skip. */
  readonly decays: boolean;
  /** Its initial value at `index`. */
  readonly draw: (random: Random, index: number) => number;
}

export interface BlockOutputs {
  /** The shape of the rows given. */
  readonly rows: Value;
  readonly states: readonly Value[];
}

/** One form of a kind of block within one graph. */
export interface Mixing {
  /** (B, T, ·) or, in the step form, (S, ·), to rows as the block takes them. */
  enter(x: Value): Value;
  /** Back, to the leading axes of the features. */
  leave(x: Value): Value;
  /** @param states one a state of the block, (B or S, …); zeros where a series begins */
  block(rows: Value, states: readonly Value[], parameter: Parameters): BlockOutputs;
}

/** A kind of block with its sizes. */
export interface Kind {
  readonly parameters: readonly ParameterKind[];
  /** Shape of each state of one layer, without the streams' axis. */
  readonly states: readonly (readonly number[])[];
  /** The form that takes whole series. @param features (B, T, F); T may be a name */
  sequence(features: Value): Mixing;
  /** The form that takes one row of each stream. @param features (S, F) */
  step(features: Value): Mixing;
}

/** A matrix drawn so that unit inputs give outputs of `gain`. */
export function matrix(name: string, shape: number[], fanIn: number, gain = 1): ParameterKind {
  return { name, shape, decays: true, draw: (random) => (gain * random.gaussian()) / Math.sqrt(fanIn) };
}

export function constant(name: string, shape: number[], value: number): ParameterKind {
  return { name, shape, decays: false, draw: () => value };
}

/** Zeros of a fixed shape. */
export function zeros(graph: Graph, shape: readonly number[]): Value {
  return graph.constant(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
}
