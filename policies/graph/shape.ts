/** Shapes: what they look like in errors, how they broadcast, how many elements they hold. */
import type { Dim } from './onnx.ts';
import { placeBuilt } from './site.ts';

export type Shape = readonly Dim[];

/** A shape that does not fit, and the line outside this folder that asked for it. */
export function shapeError(message: string): RangeError {
  return new RangeError(`${message}, at ${placeBuilt(new Error())}`);
}

/** A length `by` longer: "chunks" and 1 are "chunks+1", which and −1 are "chunks" again. */
export function longer(dim: Dim, by: number): Dim {
  if (typeof dim === 'number') return dim + by;
  const [, base = dim, offset = '0'] = /^(.*?)([+-]\d+)?$/.exec(dim) ?? [];
  const total = Number(offset) + by;
  return total === 0 ? base : `${base}${total > 0 ? '+' : ''}${total}`;
}

/** "8×T×15"; "scalar" for the empty shape. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/**
 * The shape two operands broadcast to, by NumPy's rule; a named length meets only itself or 1.
 * @param whole what an error names, where `a` and `b` are the first axes of something
 * @throws RangeError naming the op and both shapes.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape, whole: readonly [Shape, Shape] = [a, b]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeError(`${op}: shapes do not broadcast (${whole.map(formatShape).join(' with ')})`);
  });
}

/** @throws RangeError when a length is known only by name. */
export function fixedShape(op: string, shape: Shape): number[] {
  return shape.map((dim) => {
    if (typeof dim === 'number') return dim;
    throw shapeError(`${op}: the length "${dim}" of ${formatShape(shape)} is not a number, and it has to be here`);
  });
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Axis counted from the front. @throws RangeError when there is no such axis. */
export function axisOf(op: string, shape: Shape, axis: number): number {
  const found = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(found) && found >= 0 && found < shape.length) return found;
  throw shapeError(`${op}: there is no axis ${axis} in ${formatShape(shape)}`);
}
