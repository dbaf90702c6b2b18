/**
 * What a reference block of a vector file is: built from this product's own parts, from inputs in the file's axes to outputs
 * in the file's axes, in the chunked form or, for one row, in the step form.
 */
import type { Value } from '../../graph/graph.ts';
import { mul, reduceSum, reshape, transpose } from '../../graph/ops.ts';
import { VectorError, type VectorFile } from './vector-file.ts';

export type Named = Readonly<Record<string, Value>>;

export interface Reference {
  readonly outputs: Named;
  /** Of the states that the file starts from, what they are after the last row, under the starting one's name. */
  readonly carried: Named;
  readonly loss: Value | undefined;
}

/** Rows a chunk; undefined: the step form of a single row. */
export type Chunk = number | undefined;
export type Build = (inputs: Named, vectors: VectorFile, chunk: Chunk) => Reference;

/** @throws VectorError when an input is missing */
export function given(inputs: Named) {
  return (name: string): Value => {
    const value = inputs[name];
    if (value === undefined) throw new VectorError(`inputs.${name} is missing`);
    return value;
  };
}

export const swapped = (h: Value) => transpose(h, [0, 1, 3, 2]);

export function total(value: Value, weights: { shape: number[]; data: number[] } | undefined): Value {
  const weighted = weights === undefined ? value : mul(value, value.graph.constant(weights.shape, weights.data));
  return reshape(reduceSum(weighted, [...value.shape.keys()]), []);
}

/** The loss is of a whole series; a single row has none. */
export const whole = (chunk: Chunk, loss: () => Value) => (chunk === undefined ? undefined : loss());
