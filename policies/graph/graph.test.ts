/** Shapes are checked where a graph is built, gradients where they meet, and bytes depend on the graph alone. */
import test from 'ava';
import { gradients, sumTo } from './backward.ts';
import { Graph, type Value } from './graph.ts';
import { linearScan } from './linear-scan.ts';
import * as op from './ops.ts';
import { serialise } from './serialise.ts';
import { evaluate } from './session.ts';

const refused = test.macro((t, build: (graph: Graph) => unknown, message: string) => {
  const { message: said } = t.throws(() => build(new Graph()));
  const [, text, line] = /^(.*?),?(?: built)? at policies\/graph\/graph\.test\.ts:(\d+)$/.exec(said) ?? [
    undefined,
    said,
    0,
  ];
  t.is(text, message);
  t.true(Number(line) > 20 && Number(line) < 150, `the line of the case: ${said}`);
});
const value = (graph: Graph, ...shape: (number | string)[]): Value => graph.input(`x${graph.inputs.length}`, shape);

test('broadcast', refused, (g) => op.add(value(g, 2, 3), value(g, 2)), 'Add: shapes do not broadcast (2×3 with 2)');
test(
  'named length',
  refused,
  (g) => op.mul(value(g, 'B', 3), value(g, 'T', 3)),
  'Mul: shapes do not broadcast (B×3 with T×3)',
);
test('matmul', refused, (g) => op.matmul(value(g, 2, 3), value(g, 4, 5)), 'MatMul: inner lengths differ (2×3 by 4×5)');
test(
  'matmul of a vector',
  refused,
  (g) => op.matmul(value(g, 3), value(g, 3, 2)),
  'MatMul: inner lengths differ (3 by 3×2)',
);
test(
  'reshape',
  refused,
  (g) => op.reshape(value(g, 2, 3), [4, 2]),
  'Reshape: 2×3 cannot become 4×2 (the element counts differ)',
);
test(
  'reshape of names',
  refused,
  (g) => op.reshape(value(g, 'B', 'T'), ['T', 'B']),
  'Reshape: B×T cannot become T×B (more than one length is unknown)',
);
test(
  'transpose',
  refused,
  (g) => op.transpose(value(g, 2, 3), [0, 0]),
  'Transpose: [0,0] is not an order of the axes of 2×3',
);
test(
  'reshape beside a name',
  refused,
  (g) => op.reshape(value(g, 'T', 6), ['T', 7]),
  'Reshape: T×6 cannot become T×7 (the element counts differ)',
);
test(
  'matmul of other batches',
  refused,
  (g) => op.matmul(value(g, 2, 3, 4), value(g, 3, 4, 5)),
  'MatMul: shapes do not broadcast (2×3×4 with 3×4×5)',
);
test(
  'integers',
  refused,
  (g) => op.add(value(g, 2), g.indices([1, 2])),
  'Add: an operand of 2 is int64, it must be float32',
);
test(
  'reduce',
  refused,
  (g) => op.reduceSum(value(g, 2, 3), [0, -2]),
  'ReduceSum: an axis of 2×3 is named twice ([0,-2])',
);
test('two of a name', refused, (g) => [g.input('a', [1]), g.input('a', [2])], 'input: there is a "a" already');
test(
  'a target of integers',
  refused,
  (g) => gradients(op.reduceSum(value(g, 2), [0]), [g.indices([1])]),
  'gradients: the target "_c2" is int64, nothing flows to it',
);
test('slice', refused, (g) => op.slice(value(g, 2, 3), 1, 2, 4), 'Slice: [2, 4) is not within axis 1 of 2×3');
test('rotate', refused, (g) => op.rotate(value(g, 2, 3), value(g, 2, 2)), 'Rotate: 2×2 angles do not turn 2×3');
test('axis', refused, (g) => op.reduceSum(value(g, 2), [1]), 'ReduceSum: there is no axis 1 in 2');
test('squeeze', refused, (g) => op.squeeze(value(g, 2, 3), 0), 'Squeeze: axis 0 of 2×3 is not of length 1');
test('concat', refused, (g) => op.concat([value(g, 2, 3), value(g, 3, 3)], 1), 'Concat: 3×3 does not join 2×3 on 1');
test('expand', refused, (g) => op.expand(value(g, 2), [3, 3]), 'Expand: shapes do not broadcast (2 with 3×3)');
test('constant', refused, (g) => g.constant([2, 2], [1, 2, 3]), 'constant: 2×2 holds 4 elements, but 3 are given');
test(
  'condition',
  refused,
  (g) => op.where(value(g, 2), value(g, 2), value(g, 2)),
  'Where: the condition is float32, it must be bool',
);
test(
  'scan',
  refused,
  (g) => linearScan(value(g, 2), value(g, 5, 3), value(g, 5, 2)),
  'LinearScan: shapes do not broadcast (3 with 2)',
);
test(
  'gain',
  refused,
  (g) => op.rmsNorm(value(g, 2, 3), value(g, 2)),
  'RMSNormalization: the gain is 2, the rows are 2×3',
);
test(
  'two graphs',
  refused,
  (g) => op.add(value(g, 2), new Graph().scalar(1)),
  'Add: input "_c0" belongs to another graph',
);
test('loss', refused, (g) => gradients(value(g, 2), []), 'gradients: the loss is 2, it must hold one element');
test(
  'an operation without a rule',
  refused,
  (g) => {
    const x = value(g, 1, 3);
    gradients(op.reduceSum(g.apply('Sign', [x], x.shape), [1]), [x]);
  },
  'Sign: no gradient rule (inputs 1×3)',
);
test('a rule that needs a length names the operation and both lines', (t) => {
  const graph = new Graph();
  const x = value(graph, 'T', 2);
  const loss = op.reduceSum(x, [0, 1]);
  const line = String.raw`policies/graph/graph\.test\.ts:\d+`;
  t.throws(() => gradients(loss, [x]), {
    message: new RegExp(
      `^ReduceSum: the length "T" of T×2 is not a number.*, at ${line}; the ReduceSum was built at ${line}$`,
    ),
  });
  const bounds = [[0], [1], [0]].map((each) => graph.indices(each));
  const computed = graph.apply('Neg', [bounds[1] as Value], [1], {}, 'int64');
  const y = value(graph, 4);
  const cut = graph.apply('Slice', [y, bounds[0] as Value, computed, bounds[2] as Value], [3]);
  t.throws(() => gradients(op.reduceSum(cut, [0]), [y]), {
    message: new RegExp(`^Slice: the bound "_v\\d+" is computed.*; the Slice was built at ${line}$`),
  });
});
test('integers and conditions on the way take no gradient and stop none', (t) => {
  const graph = new Graph('float64');
  const [x, cut] = [graph.input('x', [2, 2]), graph.input('cut', [])];
  const own = graph.apply('Shape', [x], [2], {}, 'int64');
  const again = graph.apply('Reshape', [op.square(x), own], [2, 2]);
  const kept = op.where(op.less(x, cut), again, op.scale(x, 10));
  const [ofX, ofCut] = gradients(op.reduceSum(kept, [0, 1]), [x, cut]) as [Value, Value];
  const found = evaluate(graph, { ofX, ofCut }, { x: [1, 2, 3, 4], cut: [2.5] });
  t.deepEqual([...found.ofX.data, ...found.ofCut.data], [2, 4, 10, 10, 0]);
});
test('a name is an input or an output, not both', (t) => {
  const graph = new Graph();
  const x = value(graph, 1);
  t.throws(() => serialise(graph, { x0: op.neg(x) }), { message: 'serialise: "x0" names both an input and an output' });
});

test('lengths that are known by name grow and shrink back', (t) => {
  const x = value(new Graph(), 'K', 3);
  const rest = op.slice(x, 0, 1);
  t.deepEqual(
    [rest.shape, op.pad(rest, 0, 0, 1).shape, op.lastOf(x, 0).shape],
    [
      ['K-1', 3],
      ['K', 3],
      [1, 3],
    ],
  );
});

test('a value used twice gathers both gradients; one not used gets zeros', (t) => {
  const graph = new Graph('float64');
  const [x, unused] = [graph.input('x', [1]), graph.input('unused', [2, 2])];
  const loss = op.add(op.mul(x, x), op.scale(x, 3));
  const [ofX, ofUnused] = gradients(loss, [x, unused]) as [Value, Value];
  const results = evaluate(graph, { ofX, ofUnused }, { x: [5] });
  t.deepEqual([...results.ofX.data], [13]);
  t.deepEqual([...results.ofUnused.data], [0, 0, 0, 0]);
  t.deepEqual(results.ofUnused.shape, [2, 2]);
});

test('a target may be a shape of another value, used in a third shape', (t) => {
  const graph = new Graph('float64');
  const target = op.reshape(graph.input('x', [6]), [2, 3]);
  const loss = op.reduceSum(op.square(op.reshape(op.unsqueeze(target, 0), [3, 2])), [0, 1]);
  const { g } = evaluate(graph, { g: gradients(loss, [target])[0] as Value }, { x: [1, 2, 3, 4, 5, 6] });
  t.deepEqual([...g.data], [2, 4, 6, 8, 10, 12]);
});

test('sumTo undoes every way of broadcasting', (t) => {
  const graph = new Graph('float64');
  const ones = graph.constant([2, 3, 4], new Array(24).fill(1));
  for (const [shape, sum] of [
    [[2, 3, 4], 1],
    [[3, 4], 2],
    [[1, 3, 1], 8],
    [[4], 6],
    [[1], 24],
    [[], 24],
  ] as [number[], number][]) {
    const { summed } = evaluate(graph, { summed: sumTo(ones, shape) });
    t.deepEqual(summed.shape, shape);
    t.true(summed.data.every((entry) => entry === sum));
  }
});

test('the same graph gives the same bytes, without what no output needs', (t) => {
  const build = (surplus: boolean) => {
    const graph = new Graph();
    const x = graph.input('x', ['N', 2]);
    const y = op.matmul(x, graph.constant([2, 2], [1, 2, 3, 4]));
    if (surplus) op.exp(op.matmul(y, graph.constant([2, 2], [5, 6, 7, 8])));
    return serialise(graph, { y });
  };
  t.deepEqual(build(false), build(false));
  t.deepEqual(build(true), build(false));
});

test('an input of the wrong length is refused', (t) => {
  const graph = new Graph();
  const y = op.neg(graph.input('x', [2]));
  t.throws(() => evaluate(graph, { y }, { x: [1] }), { message: 'input "x": 1 elements are given, 2 needs 2' });
});
