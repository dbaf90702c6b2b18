import test from 'ava';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Graph } from '../graph/graph.ts';
import { constantParameters, initialWeights, parameterLayout } from './parameters.ts';

const config: ModelConfig = {
  kind: 'ssd',
  features: 3,
  dModel: 4,
  heads: 8,
  headDim: 2,
  stateDim: 5,
  layers: 2,
  chunk: 8,
  horizons: [1, 2],
};

test('parameters lie side by side and fill the vector', (t) => {
  const { parameters, size } = parameterLayout(config);
  let offset = 0;
  for (const parameter of parameters) {
    t.is(parameter.offset, offset);
    t.is(
      parameter.size,
      parameter.shape.reduce((a, b) => a * b),
    );
    offset += parameter.size;
  }
  t.is(offset, size);
  t.is(new Set(parameters.map(({ name }) => name)).size, parameters.length);
});

test('matrices decay; biases, gains, skip and the time step do not', (t) => {
  const decaying = parameterLayout({ ...config, layers: 1 }).parameters.filter(({ decays }) => decays);
  t.deepEqual(
    decaying.map(({ name }) => name),
    [
      'input.weight',
      ...['gate', 'value', 'key', 'query', 'timeStep', 'decay', 'output'].map((name) => `layer0.${name}`),
      'head.mean.weight',
      'head.logScale.weight',
    ],
  );
});

test('time steps begin spread over [0.001, 0.1], one stratum a head', (t) => {
  const { values } = initialWeights(config, 5);
  for (const { name, offset, size } of parameterLayout(config).parameters) {
    if (!name.endsWith('timeStepBias')) continue;
    const steps = [...values.subarray(offset, offset + size)].map((bias) => Math.log1p(Math.exp(bias)));
    steps.forEach((step, head) => {
      const stratum = (Math.log(step / 1e-3) / Math.log(100)) * config.heads;
      t.true(stratum > head - 1e-3 && stratum < head + 1 + 1e-3, `${name}: ${step} for head ${head}`);
    });
  }
});

test('the seed decides, and a parameter is drawn alike whatever else the model has', (t) => {
  t.deepEqual(initialWeights(config, 5), initialWeights(config, 5));
  t.notDeepEqual(initialWeights(config, 5).values, initialWeights(config, 6).values);
  const first = (model: ModelConfig) => [...initialWeights(model, 5).values.subarray(0, 12)];
  t.deepEqual(first(config), first({ ...config, layers: 1 }));
});

test('weights that do not fit are refused', (t) => {
  const { size } = parameterLayout(config);
  const weights = { config, values: new Float32Array(size - 1) };
  t.throws(() => constantParameters(new Graph(), weights), {
    message: `weights: ${size - 1} values are given, the model's config needs exactly ${size}`,
  });
});
