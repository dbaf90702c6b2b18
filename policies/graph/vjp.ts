/**
 * Gradient rules: for each operation, what its output's gradient becomes at each input.
 *
 * A rule may return a gradient of the broadcast shape: `backward.ts` sums it back to the input's shape, in one place.
 * `undefined` means that nothing flows to that input (indices, conditions).
 */
import { int, type Node, type Value } from './graph.ts';
import { linearScan } from './linear-scan.ts';
import { lstmScanRule } from './lstm-scan.ts';
import type { OnnxAttribute } from './onnx.ts';
import {
  add,
  cos,
  div,
  expand,
  less,
  matmul,
  mul,
  neg,
  pad,
  RMS_EPSILON,
  reduceMean,
  reduceSum,
  reshape,
  rotate,
  scale,
  shift,
  sigmoid,
  sin,
  slice,
  sqrt,
  squeeze,
  sub,
  transpose,
  transposeLast,
  where,
  zerosLike,
} from './ops.ts';
import { sharedAngles } from './parts.ts';
import { elements, fixedShape, shapeError } from './shape.ts';

/** Gradients of a node's outputs; undefined where nothing depends on one. */
export type OutputGradients = readonly (Value | undefined)[];
export type Rule = (node: Node, gradients: OutputGradients) => readonly (Value | undefined)[];

/** A rule for a node with one output. */
type SimpleRule = (
  gradient: Value,
  inputs: readonly Value[],
  output: Value,
  node: Node,
) => readonly (Value | undefined)[];

function rule(simple: SimpleRule): Rule {
  return (node, gradients) => simple(gradients[0] as Value, node.inputs, node.outputs[0] as Value, node);
}

export const vjp: Readonly<Record<string, Rule>> = {
  Add: rule((g) => [g, g]),
  Sub: rule((g) => [g, neg(g)]),
  Mul: rule((g, [a, b]) => [mul(g, b), mul(g, a)]),
  Div: rule((g, [, b], y) => {
    const overB = div(g, b);
    return [overB, neg(mul(overB, y))];
  }),
  Min: rule((g, [a, b]) => {
    const first = less(a, b);
    const zero = g.graph.scalar(0);
    return [where(first, g, zero), where(first, zero, g)];
  }),
  Max: rule((g, [a, b]) => {
    const first = less(b, a);
    const zero = g.graph.scalar(0);
    return [where(first, g, zero), where(first, zero, g)];
  }),
  Neg: rule((g) => [neg(g)]),
  Exp: rule((g, _, y) => [mul(g, y)]),
  Log: rule((g, [x]) => [div(g, x)]),
  Sqrt: rule((g, _, y) => [div(scale(g, 0.5), y)]),
  Cos: rule((g, [x]) => [neg(mul(g, sin(x)))]),
  Sin: rule((g, [x]) => [mul(g, cos(x))]),
  // Flat but for its jumps.
  Round: rule(() => [undefined]),
  Tanh: rule((g, _, y) => [sub(g, mul(g, mul(y, y)))]),
  Sigmoid: rule((g, _, y) => [mul(g, mul(y, shift(neg(y), 1)))]),
  Softplus: rule((g, [x]) => [mul(g, sigmoid(x))]),
  // One rule for the whole: σ + y − σ·y takes half the passes of the parts' gradients.
  Silu: rule((g, [x], y) => {
    const s = sigmoid(x);
    return [mul(g, sub(add(s, y), mul(s, y)))];
  }),
  Where: rule((g, [condition]) => {
    const zero = g.graph.scalar(0);
    return [undefined, where(condition, g, zero), where(condition, zero, g)];
  }),
  MatMul: rule((g, [a, b]) => [matmul(g, transposeLast(b)), matmulRight(g, a, b)]),
  Transpose: rule((g, _inputs, _y, node) => {
    const order = ints(node.attributes['perm']);
    return [
      transpose(
        g,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  }),
  Reshape: rule((g, [x]) => [reshape(g, x.shape), undefined]),
  Unsqueeze: rule((g, [x]) => [reshape(g, x.shape), undefined]),
  Squeeze: rule((g, [x]) => [reshape(g, x.shape), undefined]),
  // Un-broadcasting sums the repeated axes.
  Expand: rule((g) => [g, undefined]),
  ReduceSum: rule((g, [x]) => [expand(g, fixedShape('ReduceSum', x.shape)), undefined]),
  ReduceMean: rule((g, [x], y) => {
    const shape = fixedShape('ReduceMean', x.shape);
    const share = elements(fixedShape('ReduceMean', y.shape)) / elements(shape);
    return [expand(scale(g, share), shape), undefined];
  }),
  // One rule for the whole, because the parts' gradients take three times as many nodes.
  RMSNormalization: rule((g, [x, gain]) => {
    const lengths = sqrt(shift(reduceMean(mul(x, x), [-1]), RMS_EPSILON));
    const unit = div(x, lengths);
    const ofUnit = mul(g, gain);
    const along = mul(unit, reduceMean(mul(ofUnit, unit), [-1]));
    return [div(sub(ofUnit, along), lengths), mul(g, unit)];
  }),
  // Turned on by a quarter, an output is its own derivative by the angle.
  Rotate: rule((g, [x, angles], y, node) => {
    const inverse = int(node.attributes['inverse']) === 1;
    const [pairs, width] = [Number(angles.shape.at(-1)), Number(x.shape.at(-1))];
    const sumOfPair = g.graph.constant(
      [width, pairs],
      Array.from({ length: width * pairs }, (_, i) => (Math.floor(i / pairs) >> 1 === i % pairs ? 1 : 0)),
    );
    const quarter = expand(g.graph.scalar(Math.PI / 2), fixedShape('Rotate', angles.shape));
    const each = matmul(mul(g, rotate(y, quarter, inverse)), sumOfPair);
    const ofAngles = sharedAngles(node) ? squeeze(reduceSum(each, [1]), 1) : each;
    return [rotate(g, angles, !inverse), ofAngles];
  }),
  Slice: rule((g, [x, from, to, axis]) => {
    const at = index(axis);
    const length = fixedShape('Slice', x.shape)[at] as number;
    return [pad(g, at, index(from), length - index(to)), undefined, undefined, undefined];
  }),
  Pad: rule((g, [x, pads]) => {
    const before = Array.from(pads.data as BigInt64Array, Number).slice(0, x.shape.length);
    const inner = fixedShape('Pad', x.shape).reduce(
      (cut, length, axis) =>
        length === cut.shape[axis] ? cut : slice(cut, axis, before[axis] as number, (before[axis] as number) + length),
      g,
    );
    return [inner, undefined];
  }),
  Concat: rule((g, inputs, _y, node) => {
    const axis = int(node.attributes['axis']);
    let from = 0;
    return inputs.map((input) => {
      const to = from + (fixedShape('Concat', input.shape)[axis] as number);
      const part = slice(g, axis, from, to);
      from = to;
      return part;
    });
  }),
  LinearScan: linearScanRule,
  LstmScan: lstmScanRule,
};

/**
 * With s_k the state entering step k: s_{k+1} = d_k·s_k + x_k. Let G_k be the gradient of s_{k+1}. Then
 * G_{k-1} = d_k·G_k + (gradient of `entering` at k): a scan in the other direction, whose entering states are the G_k.
 */
function linearScanRule(node: Node, [ofFinal, ofEntering]: OutputGradients): readonly (Value | undefined)[] {
  const [, decay] = node.inputs as [Value, Value, Value];
  const [final, entering] = node.outputs as [Value, Value];
  const reverse = int(node.attributes['reverse']) === 1;
  const back = linearScan(ofFinal ?? zerosLike(final), decay, ofEntering ?? zerosLike(entering), {
    reverse: !reverse,
  });
  return [back.final, mul(back.entering, entering), back.entering];
}

/**
 * Gradient of a product by its right factor. Where one matrix is multiplied by the rows of many, it is one product over all
 * rows: a product for each and a sum would write as many matrices as there are.
 */
function matmulRight(g: Value, a: Value, b: Value): Value {
  if (b.shape.length > 2 || a.shape.length === 2) return matmulOfTransposed(a, g);
  const rows = (x: Value) => {
    const shape = fixedShape('MatMul', x.shape);
    return reshape(x, [elements(shape.slice(0, -1)), shape.at(-1) as number]);
  };
  return matmulOfTransposed(rows(a), rows(g));
}

/** aᵀ·g. The engine transposes a left factor by copying it, so the narrower one is the one that is copied. */
function matmulOfTransposed(a: Value, g: Value): Value {
  const [rows, width] = fixedShape('MatMul', a.shape).slice(-2) as [number, number];
  const widthOfG = g.shape.at(-1) as number;
  if (width <= widthOfG || rows <= width) return matmul(transposeLast(a), g);
  return transposeLast(matmul(transposeLast(g), a));
}

/** @throws RangeError when it is computed as the graph runs */
function index({ data, name }: Value): number {
  if (data === undefined) throw shapeError(`Slice: the bound "${name}" is computed, and it has to be a constant here`);
  return Number(data[0]);
}

function ints(attribute: OnnxAttribute | undefined): readonly number[] {
  return attribute?.kind === 'ints' ? attribute.value : [];
}
