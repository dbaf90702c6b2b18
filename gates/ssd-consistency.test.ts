import test from 'ava';
import { Graph, type Value } from '../policies/graph/graph.ts';
import { add, concat, matmul, reduceMean, scale, square, unsqueeze } from '../policies/graph/ops.ts';
import { serialise } from '../policies/graph/serialise.ts';
import { stepModel } from '../policies/model/export.ts';
import { stateShapes } from '../policies/model/network.ts';
import {
  altered,
  candidateWith,
  loudWeights,
  model,
  type Planted,
  sequenceWith,
  stepWith,
  withNextRow,
} from './planted-policy.ts';
import { ssdConsistency } from './ssd-consistency.ts';
import { contextOf } from './testing.ts';

test('passes a sound policy', async (t) => {
  const verdict = await ssdConsistency.run(candidateWith(t), contextOf());
  t.is(verdict.status, 'passed', verdict.because);
  t.log(verdict.because, verdict.measured);
  t.deepEqual([verdict.measured['repeatDifferences'], verdict.measured['leakDifferences']], [0, 0]);
});

test('measures the same again, and something else with another seed', async (t) => {
  const candidate = candidateWith(t);
  const first = await ssdConsistency.run(candidate, contextOf());
  t.deepEqual(await ssdConsistency.run(candidate, contextOf()), first);
  t.notDeepEqual((await ssdConsistency.run(candidate, contextOf({ seed: 12 }))).measured, first.measured);
});

/**
 * A model that forecasts its features' sums with a little noise. The engine has operators that draw noise up to opset 21
 * only; a file's last byte is its opset.
 */
function noisy(leading: readonly string[]): Uint8Array {
  const graph = new Graph();
  const features = graph.input('features', [...leading, model.features]);
  const sums = matmul(features, graph.constant([model.features, model.horizons.length], ones));
  const noise = graph.apply('RandomUniformLike', [sums], sums.shape);
  const each = unsqueeze(add(sums, scale(noise, 1e-3)), -1);
  const states = stateShapes(model).map((shape, i) => {
    const state = graph.input(`state_${i}`, [leading[0] as string, ...shape]);
    return [`next_state_${i}`, scale(state, 1)] as const;
  });
  return serialise(graph, { forecast: concat([each, each], -1), ...Object.fromEntries(states) }).with(-1, 21);
}
const ones = new Array(model.features * model.horizons.length).fill(1);

/** With a little of the mean over all streams. */
const mixed = (axis: number) => (rows: Value) => add(rows, scale(reduceMean(rows, [axis]), 1e-4));
/** With a little of the streams before it, and of none behind. */
const fromEarlier = (rows: Value) =>
  add(rows, scale(rows.graph.apply('CumSum', [rows, rows.graph.indices([0])], rows.shape, exclusive), 1e-4));
const exclusive = { exclusive: { kind: 'int', value: 1 } } as const;
/** With a little of how large the others are, whichever way. */
const fromSizes = (rows: Value) => add(rows, scale(reduceMean(square(rows), [0]), 1e-4));
const notANumber = (x: Value) => add(x, x.graph.scalar(Number.NaN));

const fails = test.macro({
  async exec(t, planted: Planted, because: RegExp) {
    const verdict = await ssdConsistency.run(candidateWith(t, planted), contextOf());
    t.is(verdict.status, 'failed', verdict.because);
    t.regex(verdict.because, because);
  },
  title: (name) => `planted: ${name}`,
});

test(
  'a step model with a decay one percent off',
  fails,
  { step: stepModel(altered(loudWeights(), 'layer1.decay', 1.01)) },
  /^step.onnx, row by row, differs from sequence.onnx over the whole series by \S+ of the forecast's size, at most 0.0001 is allowed$/,
);
test(
  'a step model that draws noise',
  fails,
  { step: noisy(['S']) },
  /^step.onnx is not deterministic: the same rows gave \S+ and then \S+$/,
);
test(
  'a sequence model that draws noise',
  fails,
  { sequence: noisy(['B', 'T']) },
  /^sequence.onnx is not deterministic/,
);
test(
  'a step model that mixes streams',
  fails,
  { step: stepWith(loudWeights(), { rows: mixed(0) }) },
  /^step.onnx mixes streams: row 0 of one stream went from \S+ to \S+ when only the others were changed$/,
);
for (const [how, leak] of Object.entries({ fromEarlier, fromSizes })) {
  test(
    `a step model that mixes streams ${how}`,
    fails,
    { step: stepWith(loudWeights(), { rows: leak }) },
    /^step.onnx mixes/,
  );
}
test(
  'a sequence model that looks one row ahead',
  fails,
  { sequence: sequenceWith(loudWeights(), withNextRow) },
  /^step.onnx, row by row, differs from sequence.onnx over the whole series by/,
);
test(
  'a sequence model that carries too little from block to block',
  fails,
  {
    sequence: sequenceWith(
      loudWeights(),
      (rows) => rows,
      (state) => scale(state, 0.99),
    ),
  },
  /^sequence.onnx, block by block, differs from sequence.onnx over the whole series by/,
);
test(
  'a sequence model that mixes streams',
  fails,
  { sequence: sequenceWith(loudWeights(), mixed(0)) },
  /^sequence.onnx mixes streams/,
);
test(
  'a step model that says NaN',
  fails,
  { step: stepWith(loudWeights(), { forecast: notANumber }) },
  /^step.onnx: a forecast of sound rows is not finite$/,
);
