/** Every gradient rule against central differences in double precision. */
import test from 'ava';
import { Random } from '../../runtime/random.ts';
import { gradients } from './backward.ts';
import { Graph, type Value } from './graph.ts';
import { linearScan } from './linear-scan.ts';
import { lstmScan } from './lstm-scan.ts';
import * as op from './ops.ts';
import { compile, evaluate } from './session.ts';
import { elements } from './shape.ts';
import { vjp } from './vjp.ts';

interface Case {
  readonly inputs: readonly (readonly number[])[];
  readonly build: (...inputs: Value[]) => Value | readonly Value[];
  /** Maps a standard normal draw to a value where the function is smooth. */
  readonly draw?: (z: number) => number;
}

const positive = (z: number) => Math.abs(z) + 0.5;
const awayFromZero = (z: number) => z + Math.sign(z) * 0.5;
/** Strictly increasing draws would hide a swapped operand; alternating signs keep ties and kinks away. */
const binaryShapes = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 2]],
  [
    [1, 1],
    [1, 1, 1],
  ],
] as const;
const binary = (f: (a: Value, b: Value) => Value, draw?: Case['draw']): Case[] =>
  binaryShapes.map((inputs) => ({ inputs, build: f, ...(draw && { draw }) }));
const unary = (f: (x: Value) => Value, draw?: Case['draw']): Case[] =>
  [[], [1], [2, 3]].map((shape) => ({ inputs: [shape], build: f, ...(draw && { draw }) }));
const scan = (state: number[], decay: number[], steps: number, reverse: boolean, angle = false): Case => ({
  inputs: [state, [steps, ...decay], [steps, ...state]],
  build: (h, d, x) => {
    const { entering, final } = linearScan(h, d, x, { reverse, angle });
    return [entering, final];
  },
});

const lstmShapes = (batch: number, size: number, steps: number) => [
  [batch, size],
  [batch, size],
  [size, 4 * size],
  [steps, batch, 4 * size],
];

const cases: Record<string, Case[]> = {
  Add: binary(op.add),
  Sub: binary(op.sub),
  Mul: [...binary(op.mul), { inputs: [[2, 3]], build: (x) => op.mul(x, x) }],
  Div: binary(op.div, awayFromZero),
  Min: binary(op.min),
  Max: binary(op.max),
  Neg: unary(op.neg),
  Exp: unary(op.exp),
  Log: unary(op.log, positive),
  Sqrt: unary(op.sqrt, positive),
  Cos: unary(op.cos),
  Sin: unary(op.sin),
  Round: unary(
    (x) => op.mul(x, op.round(x)),
    (z) => Math.round(3 * z) + 0.2,
  ),
  Tanh: unary(op.tanh),
  Sigmoid: unary(op.sigmoid),
  Softplus: [...unary(op.softplus), { inputs: [[4]], build: op.softplus, draw: (z) => 20 * z }],
  Silu: unary(op.silu),
  Rotate: [
    {
      inputs: [
        [2, 3, 5],
        [2, 3, 2],
      ],
      build: (x, angles) => op.rotate(x, angles),
    },
    {
      inputs: [
        [1, 4],
        [1, 2],
      ],
      build: (x, angles) => op.rotate(x, angles, true),
    },
    {
      inputs: [
        [2, 3, 2, 5],
        [2, 2, 2],
      ],
      build: (x, angles) => op.rotate(x, angles),
    },
  ],
  Where: [
    { inputs: [[2, 3], [2, 3], [3]], build: (a, b, c) => op.where(op.less(a, b), op.mul(a, c), op.mul(b, b)) },
    { inputs: [[4, 1], [3], []], build: (a, b, c) => op.where(op.less(a, b), c, op.mul(b, c)) },
  ],
  MatMul: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      build: op.matmul,
    },
    {
      inputs: [
        [2, 1, 3, 4],
        [5, 4, 2],
      ],
      build: op.matmul,
    },
    {
      inputs: [
        [3, 4],
        [2, 2, 4, 1],
      ],
      build: op.matmul,
    },
    {
      inputs: [
        [1, 1],
        [1, 1],
      ],
      build: op.matmul,
    },
    {
      inputs: [
        [2, 2, 3, 4],
        [4, 2],
      ],
      build: op.matmul,
    },
    { inputs: [[3, 3]], build: (x) => op.matmul(x, x) },
  ],
  Transpose: [
    { inputs: [[2, 3, 4]], build: (x) => op.transpose(x, [2, 0, 1]) },
    { inputs: [[2, 3]], build: op.transposeLast },
  ],
  Reshape: [
    { inputs: [[2, 3, 4]], build: (x) => op.reshape(x, [6, 4]) },
    { inputs: [[1]], build: (x) => op.reshape(x, []) },
  ],
  Unsqueeze: [
    { inputs: [[2, 3]], build: (x) => op.unsqueeze(x, 1) },
    { inputs: [[2, 3]], build: (x) => op.unsqueeze(x, -1) },
  ],
  Squeeze: [{ inputs: [[2, 1, 3]], build: (x) => op.squeeze(x, 1) }],
  Expand: [
    { inputs: [[2, 1, 3]], build: (x) => op.expand(x, [2, 4, 3]) },
    { inputs: [[]], build: (x) => op.expand(x, [2, 2]) },
    { inputs: [[3, 1]], build: (x) => op.expand(x, [2, 3, 2]) },
  ],
  ReduceSum: [
    { inputs: [[2, 3, 4]], build: (x) => op.reduceSum(x, [0, 2]) },
    { inputs: [[2, 3]], build: (x) => op.reduceSum(x, [-1]) },
  ],
  ReduceMean: [
    { inputs: [[2, 3, 4]], build: (x) => op.reduceMean(x, [1, 2]) },
    { inputs: [[1]], build: (x) => op.reduceMean(x, [0]) },
  ],
  RMSNormalization: [
    { inputs: [[2, 3], [3]], build: op.rmsNorm },
    { inputs: [[2, 1, 4], [4]], build: op.rmsNorm },
    { inputs: [[3, 1], [1]], build: op.rmsNorm, draw: (z) => 0.2 * awayFromZero(z) },
  ],
  Slice: [
    { inputs: [[2, 5]], build: (x) => op.slice(x, 1, 1, 4) },
    { inputs: [[3]], build: (x) => op.slice(x, 0, 0, 3) },
  ],
  Pad: [
    { inputs: [[2, 3]], build: (x) => op.pad(x, 1, 2, 1) },
    { inputs: [[3]], build: (x) => op.pad(x, 0, 0, 2) },
  ],
  Concat: [
    {
      inputs: [
        [2, 3],
        [2, 1],
      ],
      build: (a, b) => op.concat([a, b, a], 1),
    },
    { inputs: [[2], [3]], build: (a, b) => op.concat([a, b], 0) },
  ],
  LinearScan: [
    scan([2, 3], [1, 1], 5, false),
    scan([2, 3], [2, 1], 4, true),
    scan([3], [3], 1, false),
    scan([2], [1], 5, false, true),
    { inputs: [[2], [4, 1], [4, 2]], build: (h, d, x) => linearScan(h, d, x).entering },
    { inputs: [[2], [4, 1], [4, 2]], build: (h, d, x) => linearScan(h, d, x).final },
  ],
  LstmScan: [
    { inputs: lstmShapes(2, 3, 4), build: (h, c, w, x) => Object.values(lstmScan(h, c, w, x)) },
    { inputs: lstmShapes(1, 1, 1), build: (h, c, w, x) => lstmScan(h, c, w, x).finalCell },
    { inputs: lstmShapes(1, 2, 3), build: (h, c, w, x) => lstmScan(h, c, w, x).hidden },
  ],
};

test('every rule has a case, every case a rule', (t) => {
  t.deepEqual(Object.keys(cases).sort(), Object.keys(vjp).sort());
});

for (const [name, list] of Object.entries(cases)) {
  test(`${name} equals finite differences`, (t) => {
    list.forEach((item, i) => {
      const worst = worstRelativeError(item, Random.of(1, name, i));
      t.true(worst < 1e-7, `case ${i}: relative error ${worst}`);
    });
  });
}

/** Largest difference between the rule and a central difference, relative to the gradient's largest entry. */
function worstRelativeError(item: Case, random: Random): number {
  const draw = item.draw ?? ((z: number) => z);
  const values = item.inputs.map((shape) => Array.from({ length: elements(shape) }, () => draw(random.gaussian())));
  const graph = new Graph('float64');
  const inputs = item.inputs.map((shape, i) => graph.input(`x${i}`, shape));
  const built = item.build(...inputs);
  const loss = weightedSum(Array.isArray(built) ? built : [built], random);
  const outputs: Record<string, Value> = { loss };
  gradients(loss, inputs).forEach((gradient, i) => {
    outputs[`g${i}`] = gradient;
  });
  const feeds = () => Object.fromEntries(values.map((value, i) => [`x${i}`, value]));
  const analytic = evaluate(graph, outputs, feeds());
  const forward = compile(graph, { loss });
  const lossOnly = (): number => forward.run(feeds()).loss.data[0] as number;
  let worst = 0;
  values.forEach((value, i) => {
    const gradient = analytic[`g${i}`]?.data as Float64Array;
    const largest = Math.max(1e-3, ...gradient.map(Math.abs));
    value.forEach((x, j) => {
      const h = 1e-5 * Math.max(1, Math.abs(x));
      value[j] = x + h;
      const up = lossOnly();
      value[j] = x - h;
      const down = lossOnly();
      value[j] = x;
      worst = Math.max(worst, Math.abs((gradient[j] as number) - (up - down) / (2 * h)) / largest);
    });
  });
  return worst;
}

/** Random weights, so that a gradient spread wrongly over a tensor cannot cancel. */
function weightedSum(values: readonly Value[], random: Random): Value {
  const sums = values.map((value) => {
    const shape = value.shape.map(Number);
    const weights = value.graph.constant(
      shape,
      Array.from({ length: elements(shape) }, () => random.gaussian()),
    );
    const weighted = op.reshape(op.mul(value, weights), [elements(shape)]);
    return op.reduceSum(weighted, [0]);
  });
  return sums.reduce(op.add);
}
