import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Graph } from '../graph/graph.ts';
import { evaluate } from '../graph/session.ts';
import { initialWeights, parameterLayout } from '../model/parameters.ts';
import { lossCurveSvg, thinned } from './curve.ts';
import { HUBER, lossOf } from './loss.ts';
import { learningRateAt } from './schedule.ts';
import { BEST_LOSS, syntheticRows } from './synthetic.ts';
import { ADAMW, type TrainingOptions, type TrainingProgress, train } from './trainer.ts';

const config: ModelConfig = {
  kind: 'ssd',
  features: 5,
  dModel: 16,
  heads: 2,
  headDim: 16,
  stateDim: 16,
  layers: 1,
  chunk: 32,
  horizons: [1, 4],
};
const data = syntheticRows(1, 4000, 5, 2);
const small: TrainingOptions = {
  config,
  data,
  seed: 1,
  steps: 12,
  learningRate: 3e-3,
  shape: { batch: 2, length: 64 },
};

function checkpointFile(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-training-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'run.checkpoint');
}

test('it learns what only a model with memory can', async (t) => {
  const reports: TrainingProgress[] = [];
  const { loss, losses } = await train({
    ...small,
    steps: 300,
    learningRate: 5e-3,
    shape: { batch: 8, length: 128 },
    onProgress: (report) => reports.push(report),
  });
  // Without memory the best is the labels' own spread: 0.8² + 0.5²·0.4²/(1 − 0.9²), 1.31 nats.
  t.true((loss as number) < BEST_LOSS + 0.06, `loss ${loss}, best ${BEST_LOSS}`);
  t.true(losses[0] > 1.3);
  t.is(reports.at(-1)?.step, 300);
  t.is(reports.at(-1)?.etaSeconds, 0);
  t.true((reports.at(-1)?.rowsPerSecond ?? 0) > 0);
});

test('the same seed gives the same weights whatever the threads; another seed gives others', async (t) => {
  const first = await train(small);
  t.deepEqual((await train(small)).weights.values, first.weights.values);
  t.deepEqual((await train({ ...small, threads: 2 })).weights.values, first.weights.values);
  const reordered = Object.fromEntries(Object.entries(config).reverse()) as ModelConfig;
  t.deepEqual((await train({ ...small, config: reordered })).weights.values, first.weights.values);
  t.notDeepEqual((await train({ ...small, seed: 2 })).weights.values, first.weights.values);
});

test('it goes on from given weights', async (t) => {
  const initial = initialWeights(config, 9);
  const before = initial.values.slice();
  const none = await train({ ...small, steps: 0, initial });
  t.deepEqual(none.weights.values, initial.values);
  t.is(none.loss, null);
  const some = await train({ ...small, initial });
  t.notDeepEqual(some.weights.values, (await train(small)).weights.values);
  t.deepEqual(initial.values, before, 'what was given stays as it was');
});

test('what has no gradient decays at the scheduled rate if it is a matrix, and stays if it is a bias', async (t) => {
  // No label of the second horizon is known: its column of the heads has no gradient.
  const y = data.y.map((label, i) => (i % 2 === 1 ? Number.NaN : label));
  const initial = initialWeights(config, 1);
  const { parameters } = parameterLayout(config);
  const offsetOf = (name: string) => parameters.find((parameter) => parameter.name === name)?.offset as number;
  const weight = offsetOf('head.mean.weight') + 1;
  const bias = offsetOf('head.mean.bias') + 1;
  initial.values[bias] = 0.25;
  const steps = 5;
  const { weights } = await train({ ...small, data: { ...data, y }, initial, steps, learningRate: 0.05 });
  t.is(weights.values[bias], 0.25);
  let kept = 1;
  for (let step = 0; step < steps; step++) kept *= 1 - ADAMW.weightDecay * learningRateAt(step, steps, 0.05);
  const ratio = (weights.values[weight] as number) / (initial.values[weight] as number);
  t.true(Math.abs(ratio - kept) < 1e-6, `kept ${ratio}, ${kept} expected`);
  t.not(weights.values[weight - 1], initial.values[weight - 1]);
});

test('the optimiser counts its updates: under a steady gradient each moves a weight by the rate', async (t) => {
  const initial = initialWeights(config, 1);
  const bias = parameterLayout(config).parameters.find(({ name }) => name === 'head.mean.bias')?.offset as number;
  const steps = 10;
  const far = { ...data, y: new Float32Array(data.y.length).fill(100) };
  const { weights } = await train({ ...small, data: far, initial, steps, learningRate: 1e-3 });
  const rates = Array.from({ length: steps }, (_, step) => learningRateAt(step, steps, 1e-3));
  const expected = rates.reduce((a, b) => a + b);
  t.true(Math.abs((weights.values[bias] as number) / expected - 1) < 0.1, `${weights.values[bias]} of ${expected}`);
});

test('an aborted run saves itself and is resumed to the same bits', async (t) => {
  const checkpointPath = checkpointFile(t);
  const options = { ...small, steps: 400 };
  const abort = new AbortController();
  const interrupted = train({ ...options, checkpointPath, signal: abort.signal, onProgress: () => abort.abort() });
  await t.throwsAsync(interrupted, { name: 'AbortError' });
  const resumed = await train({ ...options, checkpointPath });
  t.deepEqual(resumed.weights.values, (await train(options)).weights.values);
});

test('a checkpoint of another run or with a changed byte is refused', async (t) => {
  const checkpointPath = checkpointFile(t);
  await train({ ...small, checkpointPath });
  await t.throwsAsync(train({ ...small, checkpointPath, learningRate: 1 }), {
    message: /run\.checkpoint: the checkpoint is of another run \(learningRate 0\.003, this run has 1\)/,
  });
  const bytes = readFileSync(checkpointPath);
  // In the weights, and in the step that stands before them.
  for (const at of [bytes.length - 1, bytes.indexOf('"step":') + 8]) {
    writeFileSync(checkpointPath, bytes.with(at, (bytes[at] as number) ^ 1));
    await t.throwsAsync(train({ ...small, checkpointPath }), {
      message: /damaged \(it is sha256:\w+, sha256:\w+ expected/,
    });
  }
  writeFileSync(checkpointPath, bytes.subarray(0, 20));
  await t.throwsAsync(train({ ...small, checkpointPath }), { message: /run\.checkpoint: not a checkpoint/ });
});

test('a run that diverges is rolled back at half the rate, and in the end stops with step and figures', async (t) => {
  await t.throwsAsync(train({ ...small, learningRate: 1e30, steps: 50 }), {
    message:
      /^training: diverged at step \d+ of 50 \(loss \S+, gradient norm \S+, learning rate \S+\).* rolled back 3 times/,
  });
  // One jump among the labels, so large that its loss has no finite value.
  const y = data.y.slice();
  y[2 * 700] = 3e38;
  const options = { ...small, data: { ...data, y }, steps: 60, learningRate: 1e-3 };
  const { rollbacks, weights } = await train({ ...options, shape: { batch: 1, length: 64 } });
  t.deepEqual(
    [rollbacks.length > 0, rollbacks.every(({ step, to }) => to < step)],
    [true, true],
    `${rollbacks.length}`,
  );
  t.true(weights.values.every(Number.isFinite));
  // A jump of two hundred deviations is dear, and no divergence.
  y[2 * 700] = 200;
  const jumped = await train({ ...options, shape: { batch: 2, length: 64 } });
  t.deepEqual([jumped.rollbacks, jumped.losses.some((loss) => loss > 50)], [[], true]);
});

test('a run that gets no better on rows held back ends early, with the weights that did best', async (t) => {
  const noise = { ...data, y: syntheticRows(2, 4000, 5, 2).y };
  const options = {
    ...small,
    data: noise,
    steps: 300,
    learningRate: 2e-2,
    validation: { data: syntheticRows(3, 2000, 5, 2), everySteps: 5, patience: 4 },
  };
  const { steps, validation, weights } = await train(options);
  const best = validation?.bestStep ?? 0;
  t.is(steps, best + 20);
  t.true(steps < 300);
  t.is(validation?.bestLoss, Math.min(...(validation?.losses ?? [])));
  t.is(validation?.losses.length, steps / 5);
  const checkpointPath = checkpointFile(t);
  await train({ ...options, checkpointPath });
  t.deepEqual((await train({ ...options, checkpointPath })).weights.values, weights.values, 'ended, it stays so');
});

test('a heavy tail pulls less under the Huber loss, and both are densities', async (t) => {
  const density = (kind: 'gaussian' | 'huber') => {
    const graph = new Graph('float64');
    const labels = Array.from({ length: 8001 }, (_, i) => (i - 4000) / 100);
    const nats = lossOf(kind, graph.constant([labels.length], labels), graph.scalar(0.3), graph.scalar(0.5));
    return [...evaluate(graph, { nats }).nats.data];
  };
  for (const kind of ['gaussian', 'huber'] as const) {
    const mass = density(kind).reduce((sum, nats) => sum + Math.exp(-nats) / 100, 0);
    t.true(Math.abs(mass - 1) < 1e-4, `${kind}: ${mass}`);
  }
  const [far, farther] = density('huber').slice(-2) as [number, number];
  t.true(Math.abs((farther - far) * 100 * Math.exp(0.5) - HUBER) < 1e-6);
  t.notDeepEqual((await train({ ...small, loss: 'huber' })).weights.values, (await train(small)).weights.values);
});

test('a loss curve is a picture, and thinned to means', (t) => {
  t.deepEqual(thinned([1, 3, 5, 7], 2), [2, 6]);
  t.deepEqual(thinned([1], 5), [1]);
  const svg = lossCurveSvg('a < b', [
    { name: 'training', losses: [3, 2, 1] },
    { name: 'none', losses: [] },
  ]);
  t.regex(svg, /^<svg .*aria-label="a &lt; b">/);
  t.is(svg.match(/<polyline /g)?.length, 1);
  t.regex(svg, /points="277\.3,16\.0 490\.7,148\.0 704\.0,280\.0"/);
  const looks = lossCurveSvg('looks', [
    { name: 'training', losses: new Array(100).fill(1) },
    { name: 'held back', losses: [1, 2], everySteps: 50 },
  ]);
  const [ofTraining, ofLooks] = [...looks.matchAll(/points="([^"]*)"/g)].map(([, points]) =>
    (points ?? '').split(' ').map((point) => point.split(',')[0]),
  );
  t.deepEqual(ofLooks, [ofTraining?.[49], ofTraining?.[99]], 'a look stands over the step after which it was');
  t.regex(lossCurveSvg('empty', []), /<\/svg>\n$/);
});

test('rows that do not fit are refused', async (t) => {
  const broken = (change: object) => ({ ...small, data: { ...data, ...change } });
  const x = data.x.slice();
  x[7] = Number.NaN;
  await t.throwsAsync(train(broken({ x })), { message: /row 1, feature 2 is NaN, it must be finite/ });
  const y = data.y.slice();
  y[3] = Number.POSITIVE_INFINITY;
  await t.throwsAsync(train(broken({ y })), { message: /the label of row 1, horizon 1 is Infinity/ });
  await t.throwsAsync(train(broken({ y: y.fill(Number.NaN) })), { message: /no label is known/ });
  await t.throwsAsync(train(broken({ segments: [0, 4000] })), { message: /begin within 4000 rows/ });
  await t.throwsAsync(train(broken({ horizons: 1 })), { message: /8000 labels for 4000 rows, exactly 4000/ });
  await t.throwsAsync(train({ ...small, learningRate: 0 }), { message: /a learning rate of 0; a finite one above 0/ });
  await t.throwsAsync(train({ ...small, steps: 1.5 }), { message: /1\.5 steps/ });
  await t.throwsAsync(train({ ...small, initial: initialWeights({ ...config, chunk: 16 }, 1) }), {
    message: /another model config/,
  });
  await t.throwsAsync(train({ ...small, shape: { batch: 1, length: 40 } }), {
    message: /40 rows are no whole number of chunks of 32/,
  });
});
