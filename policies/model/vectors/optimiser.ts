/** AdamW against a file: over gradients that it gives, and over a block's whole training run. */
import { type AdamwSettings, adamw, adamwRates } from '../../graph/adamw.ts';
import { gradients } from '../../graph/backward.ts';
import { type FloatDtype, Graph, type Value } from '../../graph/graph.ts';
import { concat, reshape, slice } from '../../graph/ops.ts';
import { compile } from '../../graph/session.ts';
import { elements } from '../../graph/shape.ts';
import { difference, relative } from './differences.ts';
import type { Build } from './reference.ts';
import { inputsOf, type Values } from './series.ts';
import { inputNamed, outputNamed, type Tensor, VectorError, type VectorFile } from './vector-file.ts';

/** How far the parameters after each update with given gradients are from the file's. */
export function updatesApart(vectors: VectorFile, dtype: FloatDtype): number {
  const { config } = vectors;
  const [start, given] = [inputNamed(vectors, 'theta0'), inputNamed(vectors, 'grads')];
  const rate = Number(config['lr']);
  if (!(rate > 0)) throw new VectorError(`config.lr is ${config['lr'] ?? 'absent'}, a number above 0 is required`);
  const n = start.data.length;
  const settings = settingsOf(config);
  const graph = new Graph(dtype);
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [n])) as [Value, Value, Value];
  const all = graph.constant([n], new Array(n).fill(1));
  const next = adamw({ theta, m, v }, graph.input('gradient', [n]), graph.input('rates', [3]), all, settings);
  const step = compile(graph, { nextTheta: next.theta, nextM: next.m, nextV: next.v });
  let state: Values = { theta: start.data, m: new Array(n).fill(0), v: new Array(n).fill(0) };
  const found: number[] = [];
  for (let i = 0; i * n < given.data.length; i++) {
    const gradient = given.data.slice(i * n, (i + 1) * n);
    const results = step.run({ ...state, gradient, rates: adamwRates(rate, i + 1, settings) });
    state = { theta: results.nextTheta.data, m: results.nextM.data, v: results.nextV.data };
    found.push(...results.nextTheta.data);
  }
  step.dispose();
  return relative('theta', { shape: given.shape, data: Float64Array.from(found) }, outputNamed(vectors, 'theta'));
}

/** How far losses and weights of a training run are from the file's, in double precision. */
export function trainingApart(build: Build, vectors: VectorFile, chunk: number): number {
  const { losses, final, lr } = vectors.training as NonNullable<VectorFile['training']>;
  const names = Object.keys(final);
  for (const name of names) inputNamed(vectors, name);
  const sizes = names.map((name) => elements((vectors.inputs[name] as Tensor).shape));
  const count = sizes.reduce((a, b) => a + b, 0);
  const graph = new Graph('float64');
  const { values, feeds } = inputsOf(graph, vectors);
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [count])) as [Value, Value, Value];
  let from = 0;
  const parts = names.map((name, i) => {
    from += sizes[i] as number;
    return reshape(slice(theta, 0, from - (sizes[i] as number), from), (vectors.inputs[name] as Tensor).shape);
  });
  const { loss } = build(
    { ...values, ...Object.fromEntries(names.map((name, i) => [name, parts[i] as Value])) },
    vectors,
    chunk,
  );
  if (loss === undefined) throw new VectorError('training is nothing that a block of this kind has');
  const gradient = concat(
    gradients(loss, parts).map((part, i) => reshape(part, [sizes[i] as number])),
    0,
  );
  const settings = settingsOf(vectors.training as Record<string, unknown>);
  const next = adamw(
    { theta, m, v },
    gradient,
    graph.input('rates', [3]),
    graph.constant([count], new Array(count).fill(1)),
    settings,
  );
  const step = compile(graph, { nextTheta: next.theta, nextM: next.m, nextV: next.v, loss }, { optimisation: 'basic' });
  let state: Values = {
    theta: names.flatMap((name) => (vectors.inputs[name] as Tensor).data),
    m: new Array(count).fill(0),
    v: new Array(count).fill(0),
  };
  const found = losses.map((_, i) => {
    const results = step.run({ ...feeds, ...state, rates: adamwRates(lr, i + 1, settings) });
    state = { theta: results.nextTheta.data, m: results.nextM.data, v: results.nextV.data };
    return results.loss.data[0] as number;
  });
  step.dispose();
  const expected = { shape: [count], data: names.flatMap((name) => (final[name] as Tensor).data) };
  return Math.max(
    difference(found, losses) / Math.max(...losses),
    relative('theta', { shape: [count], data: Float64Array.from(state['theta'] as ArrayLike<number>) }, expected),
  );
}

function settingsOf(config: Readonly<Record<string, unknown>>): AdamwSettings {
  const number = (name: string, otherwise: number) => Number(config[name] ?? otherwise);
  return {
    beta1: number('beta1', 0.9),
    beta2: number('beta2', 0.999),
    epsilon: number('eps', 1e-8),
    weightDecay: number('weight_decay', 0),
    clipNorm: undefined,
  };
}
