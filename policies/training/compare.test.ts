/** What is compared is as large, and a score is what its words say. */
import test from 'ava';
import type { Mamba3Model } from '../../runtime/contract.ts';
import { initialWeights, parameterLayout } from '../model/parameters.ts';
import { baselineOf, parameterCount, plainBlockOf, score } from './compare.ts';

const sizes = { layers: 1, chunk: 32, rank: 1, decay: 'softplus', horizons: [1] } as const;
const models: readonly Mamba3Model[] = [
  // The founder's, the gate's, and the bench's at the fewest and the most features.
  {
    kind: 'mamba3',
    ...sizes,
    features: 15,
    dModel: 32,
    heads: 2,
    headDim: 16,
    stateDim: 16,
    angles: 4,
    horizons: [8, 40, 120],
  },
  { kind: 'mamba3', ...sizes, features: 8, dModel: 16, heads: 2, headDim: 8, stateDim: 16, angles: 4, horizons: [1] },
  { kind: 'mamba3', ...sizes, features: 2, dModel: 16, heads: 4, headDim: 4, stateDim: 16, angles: 4, horizons: [1] },
  {
    kind: 'mamba3',
    ...sizes,
    features: 15,
    dModel: 16,
    heads: 4,
    headDim: 4,
    stateDim: 16,
    angles: 4,
    horizons: [1, 2, 3],
  },
];

test('whatever is compared has as many parameters, five in a hundred more or less', (t) => {
  for (const model of models) {
    for (const other of [baselineOf('lstm', model), baselineOf('mlp', model), plainBlockOf(model)]) {
      const share = parameterCount(other) / parameterCount(model);
      t.true(Math.abs(share - 1) <= 0.05, `${other.kind}: ${share} of ${JSON.stringify(model)}`);
    }
  }
});

test('a forecaster that always says the same has the nats and the fit of that', (t) => {
  const [, model] = models as [Mamba3Model, Mamba3Model];
  const { values } = initialWeights(model, 1);
  for (const { name, offset, size } of parameterLayout(model).parameters) {
    if (name.startsWith('head.')) values.fill(0, offset, offset + size);
    if (name === 'head.mean.bias') values.fill(1, offset, offset + size);
  }
  const y = Float32Array.from([0, 2, 4, Number.NaN]);
  const rows = { features: 8, horizons: 1, x: new Float32Array(32).fill(0.5), y, segments: [0, 2] };
  const { nats, r2, accuracy } = score({ config: model, values }, rows);
  // Errors of −1, 1 and 3 at unit deviation; the labels' own are −2, 0 and 2.
  t.true(Math.abs(nats - (0.5 * Math.log(2 * Math.PI) + 11 / 6)) < 1e-6);
  t.true(Math.abs(r2 - (1 - 11 / 8)) < 1e-6);
  t.is(accuracy, 1);
});
