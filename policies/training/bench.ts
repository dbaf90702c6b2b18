/** What learning and serving cost on this machine. Figures only; who prints and stores them is not decided here. */
import { stopwatchNs } from '../../runtime/clock.ts';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Engine, type Feeds, type Port, tensor } from '../../runtime/inference/engine.ts';
import { Random } from '../../runtime/random.ts';
import { adamwRates } from '../graph/adamw.ts';
import { Graph } from '../graph/graph.ts';
import { slice } from '../graph/ops.ts';
import { serialise } from '../graph/serialise.ts';
import { sequenceModel, stepModel } from '../model/export.ts';
import { stateShapes } from '../model/network.ts';
import { initialWeights } from '../model/parameters.ts';
import { Batches } from './batches.ts';
import type { BatchShape } from './step-graph.ts';
import { createStepper } from './stepper.ts';
import { syntheticRows } from './synthetic.ts';
import { ADAMW, freshState } from './trainer.ts';

/** A small model for measuring; evolution begins from a founder of its own. */
export const DEFAULT_MODEL: ModelConfig = {
  kind: 'ssd',
  features: 15,
  dModel: 24,
  heads: 2,
  headDim: 16,
  stateDim: 16,
  layers: 1,
  chunk: 32,
  horizons: [4, 16, 64],
};

/** The shape at which peers are measured. */
export const PEER_MODEL: ModelConfig = { ...DEFAULT_MODEL, dModel: 32, headDim: 64, stateDim: 64 };

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export interface TrainingBench {
  readonly batch: number;
  readonly length: number;
  readonly threads: number;
  readonly parameters: number;
  readonly stepMs: Quantiles;
  readonly rowsPerSecond: number;
}

export interface StepBench {
  readonly parameters: number;
  /** One step of one stream. */
  readonly stepUs: Quantiles;
  /** The same inputs and outputs, states included, through a graph that computes nothing of interest. */
  readonly emptyStepUs: Quantiles;
  /** One step of 64 streams at once. */
  readonly streams64Us: Quantiles;
  readonly emptyStreams64Us: Quantiles;
  /** The chunked form over 2,048 rows at a time. */
  readonly sequenceRowsPerSecond: number;
}

export interface StreamBench {
  readonly rows: number;
  /** Of processor time on one thread: what else the machine does is not in it. */
  readonly rowsPerCoreSecond: number;
  /** By how much the process grew over the second half of the rows. */
  readonly grownBytes: number;
}

const WARM_UP = 20;
const TURNS = 10;
const STREAMED_BLOCK_ROWS = 2048;

export function benchTraining(
  config = DEFAULT_MODEL,
  shape: BatchShape = { batch: 8, length: 128 },
  threads = 1,
  steps = 200,
): TrainingBench {
  const rows = syntheticRows(1, 20_000, config.features, config.horizons.length);
  const batches = new Batches(rows, shape, 1);
  const state = freshState(initialWeights(config, 1), 0);
  const update = createStepper({ config, shape, settings: ADAMW, threads }, state, batches.batch);
  let step = 0;
  const stepMs = scaled(
    quantiles(steps, () => {
      batches.fill(step);
      update(adamwRates(1e-3, ++step, ADAMW));
    }),
    1e-6,
  );
  return {
    ...shape,
    threads,
    parameters: state.theta.length,
    stepMs,
    rowsPerSecond: Math.round((shape.batch * shape.length * 1e3) / stepMs.p50),
  };
}

export function benchStep(config = DEFAULT_MODEL, steps = 5000): StepBench {
  const weights = initialWeights(config, 1);
  const step = new Engine(stepModel(weights));
  const empty = new Engine(emptyStepModel(config.features, stateShapes(config)));
  const sequence = new Engine(sequenceModel(weights));
  const both = (streams: number, count: number) =>
    byTurns({ step: stepper(step, config, streams), empty: stepper(empty, config, streams) }, count);
  const rows = 2048;
  const feeds = { features: noise([1, rows, config.features]), ...states('state_', config, 1) };
  const fetches = Object.fromEntries(sequence.outputs.map(({ name }) => [name, null]));
  const blockNs = quantiles(Math.ceil(steps / 100), () => sequence.run(feeds, fetches)).p50;
  const [one, many] = [both(1, steps), both(64, Math.ceil(steps / 10))];
  for (const engine of [step, empty, sequence]) engine.dispose();
  return {
    parameters: weights.values.length,
    stepUs: scaled(one.step, 1e-3),
    emptyStepUs: scaled(one.empty, 1e-3),
    streams64Us: scaled(many.step, 1e-3),
    emptyStreams64Us: scaled(many.empty, 1e-3),
    sequenceRowsPerSecond: Math.round((rows * 1e9) / blockNs),
  };
}

/** The sequence form over one long series, block by block with the states carried. @throws when a state ends not finite */
export function benchStream(config: ModelConfig, rows: number): StreamBench {
  const engine = new Engine(sequenceModel(initialWeights(config, 1)));
  const features = noise([1, STREAMED_BLOCK_ROWS, config.features]);
  const fetches = Object.fromEntries(engine.outputs.map(({ name }) => [name, null]));
  const blocks = Math.ceil(rows / STREAMED_BLOCK_ROWS);
  let carried: Feeds = zeroStates(config);
  let halfway = 0;
  const before = process.cpuUsage();
  for (let block = 0; block < blocks; block++) {
    if (block === blocks >> 1) halfway = process.memoryUsage.rss();
    const results = engine.run({ features, ...carried }, fetches);
    carried = Object.fromEntries(Object.keys(carried).map((name) => [name, results[`next_${name}`] as Feeds[string]]));
  }
  const { user, system } = process.cpuUsage(before);
  const grownBytes = process.memoryUsage.rss() - halfway;
  engine.dispose();
  for (const [name, { data }] of Object.entries(carried)) {
    if (!(data as Float32Array).every(Number.isFinite)) throw new Error(`${name} is not finite after ${rows} rows`);
  }
  const streamed = blocks * STREAMED_BLOCK_ROWS;
  return { rows: streamed, rowsPerCoreSecond: Math.round((streamed * 1e6) / (user + system)), grownBytes };
}

function zeroStates(config: ModelConfig): Feeds {
  return Object.fromEntries(
    stateShapes(config).map((shape, i) => [`state_${i}`, tensor(new Float32Array(product(shape)), [1, ...shape])]),
  );
}

/** One step, reading one set of states and writing the other by turns, as the runtime does. */
export function stepper(engine: Engine, config: ModelConfig, streams: number): () => void {
  const features = noise([streams, config.features]);
  const forecastShape = [streams, ...(engine.outputs[0] as Port).shape.slice(1)];
  const forecast = tensor(new Float32Array(product(forecastShape)), forecastShape);
  const [a, b] = [states('state_', config, streams), states('state_', config, streams)];
  const written = (side: Feeds) => Object.entries(side).map(([name, value]) => [`next_${name}`, value]);
  const turns = [
    { feeds: { features, ...a }, fetches: { forecast, ...Object.fromEntries(written(b)) } },
    { feeds: { features, ...b }, fetches: { forecast, ...Object.fromEntries(written(a)) } },
  ];
  let turn = 0;
  return () => {
    const { feeds, fetches } = turns[turn] as (typeof turns)[0];
    engine.run(feeds, fetches);
    turn ^= 1;
  };
}

/** A step model of the same inputs, outputs and states that computes nothing: states are passed through. */
export function emptyStepModel(features: number, states: readonly (readonly number[])[]): Uint8Array {
  const graph = new Graph();
  const row = graph.input('features', ['S', features]);
  const passed = states.map((shape, i) => [`next_state_${i}`, graph.input(`state_${i}`, ['S', ...shape])]);
  return serialise(graph, { forecast: slice(row, 1, 0, 1), ...Object.fromEntries(passed) });
}

function states(prefix: string, config: ModelConfig, streams: number): Feeds {
  return Object.fromEntries(stateShapes(config).map((shape, i) => [`${prefix}${i}`, noise([streams, ...shape])]));
}

function noise(shape: readonly number[]) {
  const random = Random.of('bench', ...shape);
  return tensor(
    Float32Array.from({ length: product(shape) }, () => random.gaussian()),
    shape,
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Wall time of one call, nanoseconds. */
function quantiles(calls: number, call: () => unknown): Quantiles {
  for (let i = 0; i < WARM_UP; i++) call();
  return quantilesOf(Float64Array.from({ length: calls }, () => timed(call)));
}

/** The same of several calls by turns, so that a processor that changes its pace changes it for all. */
function byTurns<Name extends string>(
  calls: Readonly<Record<Name, () => unknown>>,
  count: number,
): Record<Name, Quantiles> {
  const entries = Object.entries(calls) as [Name, () => unknown][];
  const durations = new Map(entries.map(([name]) => [name, new Float64Array(count)]));
  const aTurn = Math.ceil(count / TURNS);
  for (let from = 0; from < count; from += aTurn) {
    for (const [name, call] of entries) {
      const own = durations.get(name) as Float64Array;
      for (let i = 0; i < WARM_UP; i++) call();
      for (let i = from; i < Math.min(count, from + aTurn); i++) own[i] = timed(call);
    }
  }
  return Object.fromEntries(
    entries.map(([name]) => [name, quantilesOf(durations.get(name) as Float64Array)]),
  ) as Record<Name, Quantiles>;
}

function timed(call: () => unknown): number {
  const beganNs = stopwatchNs();
  call();
  return stopwatchNs() - beganNs;
}

export function quantilesOf(durations: Float64Array): Quantiles {
  const sorted = durations.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}

export function scaled({ p50, p99 }: Quantiles, factor: number): Quantiles {
  const rounded = (value: number) => Math.round(value * factor * 1000) / 1000;
  return { p50: rounded(p50), p99: rounded(p99) };
}
