/**
 * The Mamba-3 block: rows of `dModel` in, rows of `dModel` out, where an MLP could stand.
 *
 * One projection of the row gives everything at once: gate, value, key, query, time step, decay, trapezoid, angle. Keys and
 * queries are normed, shifted and turned; the scan mixes rows by the trapezoid rule; skip, gate and a last projection
 * finish. With a rank above 1 each row writes and reads the state by that many vectors.
 */
import type { Mamba3Model } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import {
  add,
  mul,
  reduceSum,
  reshape,
  rmsNorm,
  rotate,
  scale,
  sigmoid,
  silu,
  softplus,
  squeeze,
  sub,
  tanh,
  unsqueeze,
} from '../graph/ops.ts';
import { collect, project, scalars, spread } from './by-heads.ts';
import { inChunks, inRows } from './chunks.ts';
import { logDecayOf } from './decay.ts';
import { type CoreState, mamba3Step } from './mamba3-step.ts';
import { type BlockOutputs, constant, type Kind, matrix, type ParameterKind, type Parameters } from './mixing.ts';
import { anglesOfChunks } from './rotation.ts';
import { chunkedScan, lastRow } from './scan.ts';
import { timeStepBias } from './time-step.ts';

/** What the core is made of, whichever projections feed it. Axes before the rows, "heads" below: (H, B, K). */
export interface CoreInputs {
  /** (heads, Q·R, P) */
  readonly values: Value;
  /** Normed, without their biases: (heads or 1 of them, Q·R, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** (H, R, N) both. */
  readonly keyBias: Value;
  readonly queryBias: Value;
  /** Activated, 0 where a row is padding: (heads, Q). */
  readonly timeStep: Value;
  readonly logDecay: Value;
  /** Before the sigmoid: (heads, Q). */
  readonly trapezoid: Value;
  /** Before the tanh, (heads or 1 of them, Q, S); undefined: nothing turns. */
  readonly angle: Value | undefined;
  /** D, broadcasting to the values; undefined: 0. */
  readonly skip: Value | undefined;
  readonly rank: number;
  readonly valid: Value | undefined;
  readonly state: CoreState;
}

export interface CoreOutputs {
  /** h_t q_t + D v_t: (heads, Q·R, P). */
  readonly output: Value;
  /** Turned. */
  readonly keys: Value;
  readonly queries: Value;
  /** γ, the share of its time step that a row takes itself, and δ, what the row before it takes: (heads, Q) both. */
  readonly own: Value;
  readonly previous: Value;
  /** φ of each row, (heads, Q, S), whole turns aside; undefined: nothing turns. */
  readonly angles: Value | undefined;
  readonly state: CoreState;
}

export function mamba3Core(inputs: CoreInputs): CoreOutputs {
  const { values, timeStep, logDecay, skip, rank, valid, state } = inputs;
  const trapezoid = sigmoid(inputs.trapezoid);
  const own = mul(trapezoid, timeStep);
  const angles = inputs.angle === undefined ? undefined : anglesOf(inputs.angle, timeStep, state.angle as Value);
  const turns = angles === undefined ? undefined : acrossRank(angles.each, rank);
  const placed = (x: Value, bias: Value) => {
    const shifted = withBias(x, spread(bias), rank);
    return turns === undefined ? shifted : rotate(shifted, turns);
  };
  const keys = placed(inputs.keys, inputs.keyBias);
  const queries = placed(inputs.queries, inputs.queryBias);
  const previous = sub(timeStep, own);
  const scanned = { values, keys, queries, logDecay, own, previous, skip, rank, state };
  const { output, memory } = chunkedScan(scanned);
  const last = (x: Value) => lastRow(x, rank, valid);
  const after = { memory, key: last(keys), value: last(values), angle: angles?.final };
  return { output, keys, queries, own, previous, angles: angles?.each, state: after };
}

/** φ of each row; a row turns by π·tanh(angle)·dt. */
function anglesOf(angle: Value, timeStep: Value, before: Value) {
  return anglesOfChunks(mul(scale(tanh(angle), Math.PI), unsqueeze(timeStep, -1)), before);
}

/** The same angles for a row's R vectors: (…, Q, S) → (…, Q·R, S). */
function acrossRank(angles: Value, rank: number): Value {
  if (rank === 1) return angles;
  const [rows, pairs] = angles.shape.slice(-2) as [number, number];
  const ones = angles.graph.constant([rank, 1], new Array(rank).fill(1));
  return reshape(mul(unsqueeze(angles, -2), ones), [...angles.shape.slice(0, -2), rows * rank, pairs]);
}

/** Adds one vector for each of a row's R, (H…, R, N), to (…, Q·R, N). */
function withBias(x: Value, bias: Value, rank: number): Value {
  if (rank === 1) return add(x, bias);
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const apart = reshape(x, [...x.shape.slice(0, -2), rows / rank, rank, width]);
  const shifted = add(apart, unsqueeze(bias, -3));
  return reshape(shifted, [...shifted.shape.slice(0, -3), rows, width]);
}

export function mamba3(config: Mamba3Model): Kind {
  const { heads, headDim, stateDim, chunk, angles, rank } = config;
  return {
    parameters: parameters(config),
    states: [
      [heads, stateDim, headDim],
      [heads, rank, stateDim],
      [heads, rank, headDim],
      ...(angles === 0 ? [] : [[heads, angles]]),
    ],
    sequence: (features) => {
      const rows = inChunks(features, chunk);
      return { ...rows, block: (x, states, parameter) => mamba3Block(config, x, states, rows.valid, parameter) };
    },
    step: () => ({ ...inRows, block: (x, states, parameter) => mamba3Step(config, x, states, parameter) }),
  };
}

function parameters({ dModel, heads, headDim, stateDim, layers, angles, rank }: Mamba3Model): ParameterKind[] {
  const vectors = (name: string, value: number) => constant(name, [heads, rank, headDim], value);
  return [
    matrix('gate', [heads, dModel, headDim], dModel),
    matrix('value', [heads, dModel, headDim], dModel),
    matrix('key', [dModel, rank * stateDim], dModel),
    constant('keyNorm', [stateDim], 1),
    constant('keyBias', [heads, rank, stateDim], 1),
    matrix('query', [dModel, rank * stateDim], dModel),
    constant('queryNorm', [stateDim], 1),
    constant('queryBias', [heads, rank, stateDim], 1),
    matrix('timeStep', [heads, dModel], dModel),
    timeStepBias(heads),
    matrix('decay', [heads, dModel], dModel),
    matrix('trapezoid', [heads, dModel], dModel),
    ...(angles === 0 ? [] : [matrix('angle', [dModel, angles], dModel)]),
    constant('skip', [heads, 1, 1], 1),
    ...(rank === 1 ? [] : [vectors('valueRank', 1), vectors('gateRank', 1), vectors('outputRank', 1 / rank)]),
    matrix('output', [heads, headDim, dModel], heads * headDim, 1 / Math.sqrt(layers)),
  ];
}

function mamba3Block(
  config: Mamba3Model,
  rows: Value,
  states: readonly Value[],
  valid: Value | undefined,
  parameter: Parameters,
): BlockOutputs {
  const { stateDim, angles, rank, decay } = config;
  const own = (name: string) => spread(parameter(name));
  const scalar = (name: string) => scalars(rows, parameter(name));
  const vector = (name: string) => project(rows, parameter(name));
  const chosenStep = softplus(add(scalar('timeStep'), own('timeStepBias')));
  // A padded row has no time step: it neither decays the state, nor adds to it, nor turns.
  const timeStep = valid === undefined ? chosenStep : mul(chosenStep, valid);
  const logDecay = logDecayOf(scalar('decay'), timeStep, decay);
  const normed = (name: string) => {
    const joined = vector(name);
    return rmsNorm(rank === 1 ? joined : asVectors(joined, rank, stateDim), parameter(`${name}Norm`));
  };
  const value = vector('value');
  const gate = vector('gate');
  const [memory, key, last, angle] = states as [Value, Value, Value, Value | undefined];
  const core = mamba3Core({
    values: rank === 1 ? value : timesRank(value, own('valueRank'), rank),
    keys: normed('key'),
    queries: normed('query'),
    keyBias: parameter('keyBias'),
    queryBias: parameter('queryBias'),
    timeStep,
    logDecay,
    trapezoid: scalar('trapezoid'),
    angle: angles === 0 ? undefined : vector('angle'),
    skip: own('skip'),
    rank,
    valid,
    state: { memory, key, value: last, angle },
  });
  const gated =
    rank === 1
      ? mul(core.output, silu(gate))
      : joinRank(mul(core.output, silu(timesRank(gate, own('gateRank'), rank))), own('outputRank'), rank);
  const next = core.state;
  return {
    rows: collect(gated, parameter('output')),
    states: [next.memory, next.key, next.value, ...(next.angle === undefined ? [] : [next.angle])],
  };
}

/** (…, Q, R·N) → (…, Q·R, N) */
function asVectors(x: Value, rank: number, width: number): Value {
  const rows = x.shape.at(-2) as number;
  return reshape(x, [...x.shape.slice(0, -2), rows * rank, width]);
}

/** (…, Q, P) times one vector for each of R, (H…, R, P), → (…, Q·R, P) */
function timesRank(x: Value, by: Value, rank: number): Value {
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const product = mul(unsqueeze(x, -2), unsqueeze(by, -3));
  return reshape(product, [...product.shape.slice(0, -3), rows * rank, width]);
}

/** (…, Q·R, P) times (H…, R, P), summed over R → (…, Q, P) */
function joinRank(x: Value, by: Value, rank: number): Value {
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const apart = reshape(x, [...x.shape.slice(0, -2), rows / rank, rank, width]);
  return squeeze(reduceSum(mul(apart, unsqueeze(by, -3)), [-2]), -2);
}
