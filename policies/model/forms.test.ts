/** Every kind of block: the sequence form, the same in blocks, and the step form are one causal function. */
import test from 'ava';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import { Random } from '../../runtime/random.ts';
import { gradients } from '../graph/backward.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { reduceSum, square } from '../graph/ops.ts';
import { compile, evaluate } from '../graph/session.ts';
import { elements } from '../graph/shape.ts';
import { blockConfig, residualBlock } from './block.ts';
import { sequenceModel, stepModel } from './export.ts';
import { kindOf } from './kinds.ts';
import { zeros } from './mixing.ts';
import { stateShapes } from './network.ts';
import { initialWeights, parameterLayout, type Weights } from './parameters.ts';
import { joinedProjection, shardProjection } from './shards.ts';

const sizes = { features: 3, dModel: 8, heads: 2, headDim: 4, stateDim: 6, layers: 2, chunk: 8 };
const mamba3 = { kind: 'mamba3', ...sizes, angles: 2, rank: 1, decay: 'softplus', horizons: [1, 4] } as const;
const configs: Record<string, ModelConfig> = {
  ssd: { kind: 'ssd', ...sizes, horizons: [1, 4] },
  mamba3: { ...mamba3, horizons: [1, 4] },
  'mamba3 of rank 2 with heavy tails': { ...mamba3, rank: 2, decay: 'heavyTail', horizons: [1, 4] },
  'mamba3 that does not turn': { ...mamba3, angles: 0, horizons: [1, 4] },
  lstm: { kind: 'lstm', features: 3, dModel: 8, hidden: 6, layers: 2, horizons: [1, 4] },
  mlp: { kind: 'mlp', features: 3, dModel: 8, hidden: 6, layers: 2, horizons: [1, 4] },
};

const LENGTH = 37;
const STREAMS = 2;

/** Untrained weights made loud, so that a part left out would show. */
function loud(config: ModelConfig): Weights {
  const random = Random.of(4);
  return { config, values: initialWeights(config, 3).values.map((value) => value + 0.3 * random.gaussian()) };
}

function rowsOf(seed: number): Float32Array {
  const random = Random.of(seed);
  return Float32Array.from({ length: STREAMS * LENGTH * sizes.features }, () => random.gaussian());
}

/** Forecasts, stream by stream; the sequence is given in blocks of the lengths given, or row by row to the step form. */
function forecasts(weights: Weights, rows: Float32Array, blocks: readonly number[] | 'steps'): Float32Array {
  const { features } = sizes;
  const engine = new Engine(blocks === 'steps' ? stepModel(weights) : sequenceModel(weights));
  const width = weights.config.horizons.length * 2;
  const out = new Float32Array(STREAMS * LENGTH * width);
  let states = stateShapes(weights.config)
    .map((shape) => [STREAMS, ...shape])
    .map((shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape));
  for (let from = 0, block = 0; from < LENGTH; block++) {
    const count = blocks === 'steps' ? 1 : Math.min(LENGTH - from, blocks[block % blocks.length] as number);
    const part = Float32Array.from({ length: STREAMS * count * features }, (_, i) => {
      const [stream, inner] = [Math.floor(i / (count * features)), i % (count * features)];
      return rows[(stream * LENGTH + from) * features + inner] as number;
    });
    const shape = blocks === 'steps' ? [STREAMS, features] : [STREAMS, count, features];
    const results = engine.run(
      { features: tensor(part, shape), ...Object.fromEntries(states.map((state, i) => [`state_${i}`, state])) },
      { forecast: null, ...Object.fromEntries(states.map((_, i) => [`next_state_${i}`, null])) },
    );
    const found = results['forecast']?.data as Float32Array;
    for (let stream = 0; stream < STREAMS; stream++) {
      const own = found.subarray(stream * count * width, (stream + 1) * count * width);
      out.set(own, (stream * LENGTH + from) * width);
    }
    states = states.map((_, i) => results[`next_state_${i}`] as (typeof states)[number]);
    from += count;
  }
  engine.dispose();
  return out;
}

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce(
    (worst, value, i) => Math.max(worst, Number.isNaN(value) ? Infinity : Math.abs(value - (b[i] as number))),
    0,
  );
}

for (const [name, config] of Object.entries(configs)) {
  test(`${name}: whole, in blocks and in steps`, (t) => {
    const weights = loud(config);
    const rows = rowsOf(1);
    const whole = forecasts(weights, rows, [LENGTH]);
    t.true(whole.some((value) => Math.abs(value) > 0.1));
    t.true(difference(forecasts(weights, rows, 'steps'), whole) < 1e-5);
    for (const blocks of [[8], [1], [13, 1, 8]]) {
      t.true(difference(forecasts(weights, rows, blocks), whole) < 1e-5, `blocks of ${blocks}`);
    }
  });

  test(`${name}: a change of a row leaves every earlier forecast and every other stream as it was, bit for bit`, (t) => {
    const weights = loud(config);
    const before = forecasts(weights, rowsOf(1), [LENGTH]);
    for (const row of [1, 7, 8, 20, LENGTH - 1]) {
      const altered = rowsOf(1);
      altered.fill(-3, row * sizes.features, (row + 1) * sizes.features);
      const after = forecasts(weights, altered, [LENGTH]);
      t.deepEqual(after.subarray(0, row * 4), before.subarray(0, row * 4), `row ${row}`);
      t.notDeepEqual(after.subarray(row * 4, row * 4 + 4), before.subarray(row * 4, row * 4 + 4), `row ${row} itself`);
      t.deepEqual(after.subarray(LENGTH * 4), before.subarray(LENGTH * 4), `the other stream, row ${row}`);
    }
  });
}

/** The block alone, (1, T, dModel) → the same, with parameters as given. */
function runBlock(
  config: ModelConfig,
  parameters: Record<string, { shape: readonly number[]; values: ArrayLike<number> }>,
): Float64Array {
  const graph = new Graph('float64');
  const rows = graph.input('rows', [1, 16, config.dModel]);
  const kind = kindOf(config);
  const mixing = kind.sequence(rows);
  const parameter = (name: string) => {
    const { shape, values } = parameters[name] as { shape: readonly number[]; values: ArrayLike<number> };
    return graph.constant(shape, values);
  };
  const states = kind.states.map((shape) => zeros(graph, [1, ...shape]));
  const out = mixing.leave(mixing.block(mixing.enter(rows), states, parameter).rows);
  const random = Random.of(9);
  const given = Array.from({ length: 16 * config.dModel }, () => random.gaussian());
  return evaluate(graph, { out }, { rows: given }).out.data as Float64Array;
}

/** Of 544 rows: 16 chunks at once; 17 in a loop; 2 groups of 16; 34 groups of 16, in a loop. */
const CHUNKINGS = [34, 32, 17, 1];
for (const name of ['ssd', 'mamba3']) {
  test(`${name}: chunks in a loop, in groups of groups and few at once give one result and one gradient`, (t) => {
    const length = 544;
    const whole = shardProjection(loud(configs[name] as ModelConfig), 0, 0, 1);
    const random = Random.of(9);
    const given = Array.from({ length: length * 8 }, () => random.gaussian());
    const [few, ...many] = CHUNKINGS.map((chunk) => {
      const graph = new Graph('float64');
      const rows = graph.input('rows', [1, length, 8]);
      const kind = kindOf({ ...whole.config, chunk });
      const mixing = kind.sequence(rows);
      const states = kind.states.map((shape) => graph.constant([1, ...shape], new Array(elements(shape)).fill(0.1)));
      const parameter = (part: string) => {
        const { shape, values } = whole.parameters[part] as { shape: readonly number[]; values: Float32Array };
        return graph.constant(shape, values);
      };
      const block = mixing.block(mixing.enter(rows), states, parameter);
      const out = mixing.leave(block.rows);
      const loss = reduceSum(square(out), [0, 1, 2]);
      const memory = block.states[0] as Value;
      return evaluate(graph, { out, memory, gradient: gradients(loss, [rows])[0] as Value }, { rows: given });
    });
    for (const output of ['out', 'memory', 'gradient'] as const) {
      const expected = few?.[output].data as Float64Array;
      t.true(expected.some((value) => Math.abs(value) > 0.1));
      many.forEach((found, i) => {
        const actual = found[output].data as Float64Array;
        const isNear = (value: number, j: number) =>
          Math.abs(value - (actual[j] as number)) < 1e-9 * Math.max(1, Math.abs(value));
        t.true(expected.every(isNear), `${output} with chunks of ${CHUNKINGS[i + 1]}`);
      });
    }
  });
}

for (const name of ['ssd', 'mamba3', 'mamba3 of rank 2 with heavy tails']) {
  test(`${name}: the shards' sum is the whole`, (t) => {
    const weights = loud(configs[name] as ModelConfig);
    const whole = shardProjection(weights, 1, 0, 1);
    const expected = runBlock(whole.config, whole.parameters);
    const parts = [0, 1]
      .map((rank) => shardProjection(weights, 1, rank, 2))
      .map((shard) => runBlock(shard.config, shard.parameters));
    const sum = expected.map((_, i) => (parts[0]?.[i] as number) + (parts[1]?.[i] as number));
    t.true(expected.every((value, i) => Math.abs(value - (sum[i] as number)) < 1e-12));
    t.true(expected.some((value) => Math.abs(value) > 0.1));
    t.false(expected.every((value, i) => Math.abs(value - 2 * (parts[0]?.[i] as number)) < 1e-3));
  });
}

test('one projection gives everything at once, in its order', (t) => {
  const weights = loud(configs['mamba3'] as ModelConfig);
  const { shape, values } = joinedProjection(shardProjection(weights, 0, 0, 1));
  // z, x of 2 heads of 4; B, C of 6; dt, A, trapezoid of 2 heads; 2 angles
  t.deepEqual(shape, [8, 8 + 8 + 6 + 6 + 2 + 2 + 2 + 2]);
  const at = (name: string) =>
    parameterLayout(weights.config).parameters.find((p) => p.name === `layer0.${name}`)?.offset as number;
  const column = (c: number) => Array.from({ length: 8 }, (_, row) => values[row * 36 + c]);
  t.deepEqual(
    column(5),
    Array.from({ length: 8 }, (_, row) => weights.values[at('gate') + 32 + row * 4 + 1]),
  );
  t.deepEqual(
    column(16),
    Array.from({ length: 8 }, (_, row) => weights.values[at('key') + row * 6]),
  );
  t.deepEqual(column(29), [...weights.values.subarray(at('timeStep') + 8, at('timeStep') + 16)]);
});

test('a shard that does not exist is refused', (t) => {
  const weights = loud(configs['mamba3'] as ModelConfig);
  t.throws(() => shardProjection(weights, 0, 0, 3), {
    message: 'shardProjection: 2 heads do not go into 3 equal parts',
  });
  t.throws(() => shardProjection(weights, 0, 2, 2), { message: /no rank 2 among 2, 0 to 1 are/ });
  t.throws(() => shardProjection(loud(configs['lstm'] as ModelConfig), 0, 0, 1), { message: /kind lstm has no heads/ });
});

test('sizes that are not supported fall back with a reason, or are refused', (t) => {
  const reasons: string[] = [];
  const config = blockConfig({ kind: 'mamba3', dModel: 8, headDim: 0, stateDim: 6, angles: 4, rank: 1.5 }, (reason) =>
    reasons.push(reason),
  );
  t.like(config, { headDim: 64, stateDim: 6, angles: 1, rank: 1, chunk: 32 });
  t.deepEqual(reasons, [
    'headDim is 0, 1 to 256 are allowed; 64 is taken',
    'angles is 4, 0 to 3 are allowed; 1 is taken',
    'rank is 1.5, 1 to 8 are allowed; 1 is taken',
  ]);
  t.throws(() => blockConfig({ kind: 'ssd', dModel: 8, chunk: 999, strict: true }), {
    message: 'block: chunk is 999, 1 to 256 are allowed; 32 is taken',
  });
  t.throws(() => blockConfig({ kind: 'ssd', dModel: 0 }), {
    message: /dModel is 0, a whole number from 1 is required/,
  });
});

test('the block stands where an MLP stood: same shape in and out', (t) => {
  for (const request of [{ kind: 'ssd' }, { kind: 'mamba3', rank: 2 }] as const) {
    const config = blockConfig({ ...request, dModel: 8, headDim: 4, stateDim: 8, chunk: 8 });
    const graph = new Graph();
    const rows = graph.input('rows', [2, 16, 8]);
    const parameters = new Map(kindOf(config).parameters.map(({ name, shape }) => [name, graph.input(name, shape)]));
    parameters.set('norm', graph.input('norm', [8]));
    const out: Value = residualBlock(rows, config, (name) => parameters.get(name) as Value);
    t.deepEqual(out.shape, rows.shape);
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }) => [name, new Array(shape.map(Number).reduce((a, b) => a * b)).fill(0.1)]),
    );
    const block = compile(graph, { out });
    t.true(block.run(feeds).out.data.every(Number.isFinite));
    block.dispose();
  }
});
