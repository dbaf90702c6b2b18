import { readFileSync } from 'node:fs';
import test from 'ava';
import { fixture } from '../../runtime/fixtures.ts';
import { type AdamwSettings, adamw, adamwRates } from './adamw.ts';
import { Graph } from './graph.ts';
import { evaluate } from './session.ts';

const settings: AdamwSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: undefined };

/** Parameters after each gradient, in double precision. */
function run(theta0: number[], gradients: number[][], rate: number, decayed: number[], options: AdamwSettings) {
  const n = theta0.length;
  const graph = new Graph('float64');
  const [theta, m, v, gradient] = ['theta', 'm', 'v', 'gradient'].map((name) => graph.input(name, [n]));
  const rates = graph.input('rates', [3]);
  const step = adamw({ theta, m, v }, gradient, rates, graph.constant([n], decayed), options);
  const outputs = { nextTheta: step.theta, nextM: step.m, nextV: step.v, norm: step.gradientNorm };
  let state: Record<string, ArrayLike<number>> = { theta: theta0, m: new Array(n).fill(0), v: new Array(n).fill(0) };
  return gradients.map((given, i) => {
    const feeds = { ...state, gradient: given, rates: adamwRates(rate, i + 1, options) };
    const { nextTheta, nextM, nextV, norm } = evaluate(graph, outputs, feeds);
    state = { theta: nextTheta.data, m: nextM.data, v: nextV.data };
    return { theta: [...nextTheta.data], norm: norm.data[0] };
  });
}

for (const name of ['adam', 'adamw']) {
  test(`${name} equals the reference vectors`, (t) => {
    const file = fixture(`vectors/${name}.json`);
    if (file === undefined) {
      t.log(`SKIP: vectors/${name}.json is not here`);
      t.pass();
      return;
    }
    const { config, inputs, outputs } = JSON.parse(readFileSync(file, 'utf8'));
    const n = inputs.theta0.data.length;
    const rows = (flat: number[]) => Array.from({ length: flat.length / n }, (_, i) => flat.slice(i * n, (i + 1) * n));
    const options: AdamwSettings = {
      beta1: config.beta1,
      beta2: config.beta2,
      epsilon: config.eps,
      weightDecay: config.weight_decay,
      clipNorm: undefined,
    };
    const steps = run(inputs.theta0.data, rows(inputs.grads.data), config.lr, new Array(n).fill(1), options);
    rows(outputs.theta.data).forEach((expected, i) => {
      expected.forEach((value, j) => {
        t.true(Math.abs((steps[i]?.theta[j] as number) - value) < 1e-12, `step ${i}, parameter ${j}`);
      });
    });
  });
}

test('a long gradient is cut to the norm allowed, a short one is left', (t) => {
  const clipped = run([0, 0], [[30, 40]], 1, [0, 0], { ...settings, beta1: 0, beta2: 0, epsilon: 1, clipNorm: 5 });
  // g = (3, 4) after clipping, so g / (|g| + 1)
  t.true(Math.abs((clipped[0]?.theta[0] as number) + 3 / 4) < 1e-12);
  t.true(Math.abs((clipped[0]?.theta[1] as number) + 4 / 5) < 1e-12);
  t.is(clipped[0]?.norm, 50);
  const short = run([0, 0], [[0.3, 0.4]], 1, [0, 0], { ...settings, beta1: 0, beta2: 0, epsilon: 1, clipNorm: 5 });
  t.true(Math.abs((short[0]?.theta[0] as number) + 0.3 / 1.3) < 1e-12);
});

test('only marked parameters decay', (t) => {
  const [step] = run([1, 1], [[0, 0]], 0.5, [1, 0], { ...settings, weightDecay: 0.1 });
  t.deepEqual(step?.theta, [0.95, 1]);
});
