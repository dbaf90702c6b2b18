/**
 * The operations a model is built from: each checks shapes, infers the result's, and appends one ONNX node.
 *
 * Elementwise operations broadcast as NumPy does. Gradients are in `vjp.ts`, one rule an operation.
 */
import type { Value } from './graph.ts';
import type { Dim } from './onnx.ts';
import {
  axisOf,
  broadcastShapes,
  elements,
  fixedShape,
  formatShape,
  longer,
  type Shape,
  sameShape,
  shapeError,
} from './shape.ts';

export const add = (a: Value, b: Value): Value => binary('Add', a, b);
export const sub = (a: Value, b: Value): Value => binary('Sub', a, b);
export const mul = (a: Value, b: Value): Value => binary('Mul', a, b);
export const div = (a: Value, b: Value): Value => binary('Div', a, b);
/** The smaller of two. Where they are equal, the gradient goes to `b`. */
export const min = (a: Value, b: Value): Value => binary('Min', a, b);
/** The larger of two. Where they are equal, the gradient goes to `b`. */
export const max = (a: Value, b: Value): Value => binary('Max', a, b);
export const neg = (x: Value): Value => unary('Neg', x);
export const exp = (x: Value): Value => unary('Exp', x);
export const log = (x: Value): Value => unary('Log', x);
export const sqrt = (x: Value): Value => unary('Sqrt', x);
export const cos = (x: Value): Value => unary('Cos', x);
export const sin = (x: Value): Value => unary('Sin', x);
/** To the nearest integer; nothing flows back through it. */
export const round = (x: Value): Value => unary('Round', x);
export const tanh = (x: Value): Value => unary('Tanh', x);
export const sigmoid = (x: Value): Value => unary('Sigmoid', x);
/** ln(1 + eˣ), without overflow. */
export const softplus = (x: Value): Value => unary('Softplus', x);

export const scale = (x: Value, factor: number): Value => mul(x, x.graph.scalar(factor));
export const shift = (x: Value, offset: number): Value => add(x, x.graph.scalar(offset));
/** Swish: x·σ(x). */
export const silu = (x: Value): Value => unary('Silu', x);

/** max(x, 0). */
export const relu = (x: Value): Value => max(x, x.graph.scalar(0));
export const square = (x: Value): Value => mul(x, x);

/** a < b, as a condition for `where`. */
export function less(a: Value, b: Value): Value {
  requireFloats('Less', [a, b]);
  return a.graph.apply('Less', [a, b], broadcastShapes('Less', a.shape, b.shape), {}, 'bool');
}

/** `a` where the condition holds, `b` elsewhere. */
export function where(condition: Value, a: Value, b: Value): Value {
  if (condition.dtype !== 'bool') throw shapeError(`Where: the condition is ${condition.dtype}, it must be bool`);
  requireFloats('Where', [a, b]);
  const shape = broadcastShapes('Where', condition.shape, broadcastShapes('Where', a.shape, b.shape));
  return a.graph.apply('Where', [condition, a, b], shape);
}

/** Matrix product over the last two axes; the others broadcast. */
export function matmul(a: Value, b: Value): Value {
  requireFloats('MatMul', [a, b]);
  const [rows, inner] = a.shape.slice(-2);
  const [innerOfB, columns] = b.shape.slice(-2);
  if (rows === undefined || inner === undefined || columns === undefined || inner !== innerOfB) {
    throw shapeError(`MatMul: inner lengths differ (${formatShape(a.shape)} by ${formatShape(b.shape)})`);
  }
  const batch = broadcastShapes('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2), [a.shape, b.shape]);
  return a.graph.apply('MatMul', [a, b], [...batch, rows, columns]);
}

export function transpose(x: Value, order: readonly number[]): Value {
  if (order.length !== x.shape.length || x.shape.some((_, axis) => !order.includes(axis))) {
    throw shapeError(`Transpose: [${order}] is not an order of the axes of ${formatShape(x.shape)}`);
  }
  const shape = order.map((axis) => x.shape[axis] as Dim);
  return x.graph.apply('Transpose', [x], shape, { perm: { kind: 'ints', value: order } });
}

/** Swaps the last two axes. */
export function transposeLast(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/**
 * Same elements, new shape. A named length must stand where it stood before, except one, which then takes what is
 * left over.
 */
export function reshape(x: Value, shape: Shape): Value {
  const refuse = (why: string) =>
    shapeError(`Reshape: ${formatShape(x.shape)} cannot become ${formatShape(shape)} (${why})`);
  const target = shape.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.shape[i] ? 0 : -1));
  if (target.filter((dim) => dim === -1).length > 1) throw refuse('more than one length is unknown');
  const count = (dims: Shape) => elements(dims.filter((dim) => typeof dim === 'number'));
  const names = (dims: Shape) => JSON.stringify(dims.filter((dim) => typeof dim === 'string').sort());
  if (names(x.shape) === names(shape) && count(x.shape) !== count(shape)) throw refuse('the element counts differ');
  return x.graph.apply('Reshape', [x, x.graph.indices(target)], shape);
}

/** Adds an axis of length 1, so that it is axis `axis` of the result. */
export function unsqueeze(x: Value, axis: number): Value {
  const at = axis < 0 ? axis + x.shape.length + 1 : axis;
  if (at < 0 || at > x.shape.length) {
    throw shapeError(`Unsqueeze: there is no place ${axis} in ${formatShape(x.shape)}`);
  }
  return x.graph.apply('Unsqueeze', [x, x.graph.indices([at])], x.shape.toSpliced(at, 0, 1));
}

/** Removes an axis of length 1. */
export function squeeze(x: Value, axis: number): Value {
  const at = axisOf('Squeeze', x.shape, axis);
  if (x.shape[at] !== 1) {
    throw shapeError(`Squeeze: axis ${axis} of ${formatShape(x.shape)} is not of length 1`);
  }
  return x.graph.apply('Squeeze', [x, x.graph.indices([at])], x.shape.toSpliced(at, 1));
}

/** Repeats axes of length 1 until the shape is `shape`. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (!sameShape(broadcastShapes('Expand', x.shape, shape), shape)) {
    throw shapeError(`Expand: ${formatShape(x.shape)} cannot become ${formatShape(shape)}`);
  }
  return x.graph.apply('Expand', [x, x.graph.indices(shape)], shape);
}

/** Sum over `axes`, which stay as axes of length 1. */
export function reduceSum(x: Value, axes: readonly number[]): Value {
  return reduce('ReduceSum', x, axes);
}

/** Mean over `axes`, which stay as axes of length 1. */
export function reduceMean(x: Value, axes: readonly number[]): Value {
  return reduce('ReduceMean', x, axes);
}

/** Added to the mean square by `rmsNorm`: the default of ONNX. */
export const RMS_EPSILON = 1e-5;

/** gain · x / √(mean of x² over the last axis + RMS_EPSILON). */
export function rmsNorm(x: Value, gain: Value): Value {
  const width = x.shape.at(-1);
  if (width === undefined || !sameShape(gain.shape, [width])) {
    throw shapeError(`RMSNormalization: the gain is ${formatShape(gain.shape)}, the rows are ${formatShape(x.shape)}`);
  }
  return x.graph.apply('RMSNormalization', [x, gain], x.shape);
}

/**
 * Turns entries 2i and 2i + 1 of the last axis together by angle i; those behind the last pair stay.
 *
 * @param x (…, width)
 * @param angles (…, pairs), pairs at most width / 2; or of (A, B, C, width) the same for all of B: (A, C, pairs)
 */
export function rotate(x: Value, angles: Value, inverse = false): Value {
  const [width, pairs] = [x.shape.at(-1), angles.shape.at(-1)];
  const fits = x.shape.length > 1 && typeof width === 'number' && typeof pairs === 'number' && 2 * pairs <= width;
  const turned = angles.shape.length === 3 && x.shape.length === 4 ? x.shape.toSpliced(1, 1) : x.shape;
  if (!fits || !sameShape(turned.slice(0, -1), angles.shape.slice(0, -1))) {
    throw shapeError(`Rotate: ${formatShape(angles.shape)} angles do not turn ${formatShape(x.shape)}`);
  }
  return x.graph.apply('Rotate', [x, angles], x.shape, { inverse: { kind: 'int', value: inverse ? 1 : 0 } });
}

/** Elements `from` (inclusive) to `to` (exclusive) of one axis; `to` counts from the end where it is left out. */
export function slice(x: Value, axis: number, from: number, to?: number): Value {
  const at = axisOf('Slice', x.shape, axis);
  const length = x.shape[at] as Dim;
  const end = to ?? (typeof length === 'number' ? length : undefined);
  const fits =
    typeof length === 'number' ? Number(end) <= length && from < Number(end) : from === 0 || end === undefined;
  if (from < 0 || !fits) {
    throw shapeError(`Slice: [${from}, ${to ?? 'end'}) is not within axis ${axis} of ${formatShape(x.shape)}`);
  }
  const indices = [[from], [end ?? END], [at]].map((values) => x.graph.indices(values));
  return x.graph.apply(
    'Slice',
    [x, ...indices],
    x.shape.with(at, end === undefined ? longer(length, -from) : end - from),
  );
}

/** Any end beyond an axis means its end. */
const END = 2 ** 53;

/** The last element of one axis, which stays as an axis of length 1. */
export function lastOf(x: Value, axis: number): Value {
  const at = axisOf('Slice', x.shape, axis);
  const length = x.shape[at] as Dim;
  if (typeof length === 'number') return slice(x, at, length - 1, length);
  const indices = [[-1], [END], [at]].map((values) => x.graph.indices(values));
  return x.graph.apply('Slice', [x, ...indices], x.shape.with(at, 1));
}

/** Zeros before and after one axis. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  const at = axisOf('Pad', x.shape, axis);
  if (before < 0 || after < 0) {
    throw shapeError(`Pad: axis ${axis} of ${formatShape(x.shape)} cannot be padded by ${before} and ${after}`);
  }
  const pads = [before, after].flatMap((count) => x.shape.map((_, i) => (i === at ? count : 0)));
  const shape = x.shape.with(at, longer(x.shape[at] as Dim, before + after));
  return x.graph.apply('Pad', [x, x.graph.indices(pads)], shape);
}

export function concat(parts: readonly Value[], axis: number): Value {
  const first = parts[0];
  if (first === undefined) throw shapeError('Concat: nothing to join');
  const at = axisOf('Concat', first.shape, axis);
  let total = 0;
  for (const part of parts) {
    const length = part.shape[at];
    if (typeof length !== 'number' || !sameShape(part.shape.with(at, 0), first.shape.with(at, 0))) {
      throw shapeError(`Concat: ${formatShape(part.shape)} does not join ${formatShape(first.shape)} on ${axis}`);
    }
    total += length;
  }
  return first.graph.apply('Concat', parts, first.shape.with(at, total), { axis: { kind: 'int', value: at } });
}

/** Zeros in a value's shape. */
export function zerosLike(x: Value): Value {
  return expand(x.graph.scalar(0), fixedShape('zerosLike', x.shape));
}

/** Cuts one axis into parts of the lengths given, which are all of it. Has no gradient: slices have. */
export function split(x: Value, axis: number, lengths: readonly number[]): readonly Value[] {
  const at = axisOf('Split', x.shape, axis);
  if (lengths.reduce((a, b) => a + b, 0) !== x.shape[at]) {
    throw shapeError(`Split: [${lengths}] are not all of axis ${axis} of ${formatShape(x.shape)}`);
  }
  const shapes = lengths.map((length) => x.shape.with(at, length));
  return x.graph.applyMany('Split', [x, x.graph.indices(lengths)], shapes, { axis: { kind: 'int', value: at } });
}

/** Integers and conditions are for shapes, axes and `where`; the engine would refuse a file that reckons with them. */
function requireFloats(op: string, operands: readonly Value[]): void {
  for (const { dtype, shape, graph } of operands) {
    if (dtype === graph.dtype) continue;
    throw shapeError(`${op}: an operand of ${formatShape(shape)} is ${dtype}, it must be ${graph.dtype}`);
  }
}

function unary(op: string, x: Value): Value {
  requireFloats(op, [x]);
  return x.graph.apply(op, [x], x.shape);
}

function binary(op: string, a: Value, b: Value): Value {
  requireFloats(op, [a, b]);
  return a.graph.apply(op, [a, b], broadcastShapes(op, a.shape, b.shape));
}

function reduce(op: string, x: Value, axes: readonly number[]): Value {
  requireFloats(op, [x]);
  const found = axes.map((axis) => axisOf(op, x.shape, axis));
  if (new Set(found).size < found.length) {
    throw shapeError(`${op}: an axis of ${formatShape(x.shape)} is named twice ([${axes}])`);
  }
  const shape = x.shape.map((dim, i) => (found.includes(i) ? 1 : dim));
  return x.graph.apply(op, [x, x.graph.indices(found)], shape, { keepdims: { kind: 'int', value: 1 } });
}
