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
  div,
  matmul,
  min,
  mul,
  neg,
  reduceSum,
  relu,
  reshape,
  rmsNorm,
  scale,
  shift,
  sigmoid,
  silu,
  softplus,
  squeeze,
  sub,
  tanh,
  transposeLast,
  unsqueeze,
} from '../graph/ops.ts';
import { inChunks, inSteps, type Rows } from './chunks.ts';
import { type BlockOutputs, constant, type Kind, matrix, type ParameterKind, type Parameters } from './mixing.ts';
import { anglesOfChunks, anglesOfStep, Rotation } from './rotation.ts';
import { chunkedScan, lastRow, stepScan } from './scan.ts';
import { SLOWEST_DECAY } from './ssd.ts';
import { timeStepBias } from './time-step.ts';

/** What the core is made of, whichever projections feed it. Lead axes: (K, B) in the chunked form, (S) in the step form. */
export interface CoreInputs {
  /** (…, H, Q·R, P) */
  readonly values: Value;
  /** Normed, without their biases: (…, 1 or H, Q·R, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** (H, R, N) both. */
  readonly keyBias: Value;
  readonly queryBias: Value;
  /** Activated, 0 where a row is padding: (…, H, Q). */
  readonly timeStep: Value;
  readonly logDecay: Value;
  /** Before the sigmoid: (…, H, Q). */
  readonly trapezoid: Value;
  /** Before the tanh, (…, 1, Q, S) or (…, H, Q, S); undefined: nothing turns. */
  readonly angle: Value | undefined;
  readonly rank: number;
  readonly valid: Value | undefined;
  readonly state: CoreState;
}

export interface CoreState {
  /** h: (B, H, N, P). */
  readonly memory: Value;
  /** The last row's turned key, (B, H, R, N), and value, (B, H, R, P). */
  readonly key: Value;
  readonly value: Value;
  /** φ, (B, H, S); only where something turns. */
  readonly angle: Value | undefined;
}

export interface CoreOutputs {
  /** h_t q_t: (…, H, Q·R, P). */
  readonly output: Value;
  /** Turned. */
  readonly keys: Value;
  readonly queries: Value;
  readonly state: CoreState;
}

/** The core's two forms. */
export type Form = 'chunked' | 'step';

export function mamba3Core(inputs: CoreInputs, form: Form): CoreOutputs {
  const { values, timeStep, logDecay, rank, valid, state } = inputs;
  const trapezoid = sigmoid(inputs.trapezoid);
  const own = mul(trapezoid, timeStep);
  const angles = inputs.angle === undefined ? undefined : anglesOf(inputs.angle, timeStep, state.angle as Value, form);
  const width = Number(inputs.keys.shape.at(-1));
  const rotation = angles === undefined ? undefined : new Rotation(acrossRank(angles.each, rank), width);
  const placed = (x: Value, bias: Value) => {
    const shifted = withBias(x, bias, rank);
    return rotation === undefined ? shifted : rotation.turn(shifted);
  };
  const keys = placed(inputs.keys, inputs.keyBias);
  const queries = placed(inputs.queries, inputs.queryBias);
  const scanned = { values, keys, queries, logDecay, own, previous: sub(timeStep, own), rank, state };
  const { output, memory } = form === 'chunked' ? chunkedScan(scanned) : stepScan(scanned);
  const last = (x: Value) => (form === 'chunked' ? lastRow(x, rank, valid) : x);
  return { output, keys, queries, state: { memory, key: last(keys), value: last(values), angle: angles?.final } };
}

/** φ of each row; a row turns by π·tanh(angle)·dt. */
function anglesOf(angle: Value, timeStep: Value, before: Value, form: Form) {
  const turns = mul(scale(tanh(angle), Math.PI), unsqueeze(timeStep, -1));
  return form === 'chunked' ? anglesOfChunks(turns, before) : anglesOfStep(turns, before);
}

/** The same angles for a row's R vectors: (…, Q, S) → (…, Q·R, S). */
function acrossRank(angles: Value, rank: number): Value {
  if (rank === 1) return angles;
  const [rows, pairs] = angles.shape.slice(-2) as [number, number];
  const ones = angles.graph.constant([rank, 1], new Array(rank).fill(1));
  return reshape(mul(unsqueeze(angles, -2), ones), [...angles.shape.slice(0, -2), rows * rank, pairs]);
}

/** Adds (H, R, N) to (…, 1 or H, Q·R, N). */
function withBias(x: Value, bias: Value, rank: number): Value {
  if (rank === 1) return add(x, bias);
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const apart = reshape(x, [...x.shape.slice(0, -2), rows / rank, rank, width]);
  const shifted = add(apart, unsqueeze(bias, 1));
  return reshape(shifted, [...shifted.shape.slice(0, -3), rows, width]);
}

export function mamba3(config: Mamba3Model): Kind {
  const { heads, headDim, stateDim, chunk, angles, rank } = config;
  const mixing = (rows: Rows, form: Form) => ({
    ...rows,
    block: (x: Value, states: readonly Value[], parameter: Parameters) =>
      mamba3Block(config, x, states, rows.valid, parameter, form),
  });
  return {
    parameters: parameters(config),
    states: [
      [heads, stateDim, headDim],
      [heads, rank, stateDim],
      [heads, rank, headDim],
      ...(angles === 0 ? [] : [[heads, angles]]),
    ],
    sequence: (features) => mixing(inChunks(features, chunk), 'chunked'),
    step: () => mixing(inSteps, 'step'),
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
  { stateDim, angles, rank, decay }: Mamba3Model,
  rows: Value,
  states: readonly Value[],
  valid: Value | undefined,
  parameter: Parameters,
  form: Form,
): BlockOutputs {
  const heads = rows.shape.length - 2;
  const perHead = unsqueeze(rows, heads);
  const columns = transposeLast(rows);
  const across = (name: string) => matmul(parameter(name), columns);
  const chosenStep = softplus(add(across('timeStep'), parameter('timeStepBias')));
  // A padded row has no time step: it neither decays the state, nor adds to it, nor turns.
  const timeStep = valid === undefined ? chosenStep : mul(chosenStep, valid);
  const rate = min(neg(decayCurve(across('decay'), decay)), rows.graph.scalar(SLOWEST_DECAY));
  const normed = (name: string) => {
    const joined = matmul(perHead, parameter(name));
    return rmsNorm(rank === 1 ? joined : asVectors(joined, rank, stateDim), parameter(`${name}Norm`));
  };
  const value = matmul(perHead, parameter('value'));
  const gate = matmul(perHead, parameter('gate'));
  const values = rank === 1 ? value : timesRank(value, parameter('valueRank'), rank);
  const [memory, key, last, angle] = states as [Value, Value, Value, Value | undefined];
  const core = mamba3Core(
    {
      values,
      keys: normed('key'),
      queries: normed('query'),
      keyBias: parameter('keyBias'),
      queryBias: parameter('queryBias'),
      timeStep,
      logDecay: mul(timeStep, rate),
      trapezoid: across('trapezoid'),
      angle: angles === 0 ? undefined : matmul(perHead, parameter('angle')),
      rank,
      valid,
      state: { memory, key, value: last, angle },
    },
    form,
  );
  const mixed = add(core.output, mul(values, parameter('skip')));
  const gated =
    rank === 1
      ? mul(mixed, silu(gate))
      : joinRank(mul(mixed, silu(timesRank(gate, parameter('gateRank'), rank))), parameter('outputRank'), rank);
  const output = squeeze(reduceSum(matmul(gated, parameter('output')), [heads]), heads);
  const next = core.state;
  return {
    rows: output,
    states: [next.memory, next.key, next.value, ...(next.angle === undefined ? [] : [next.angle])],
  };
}

/** From what a row says to how fast the state decays, above 0. */
export function decayCurve(x: Value, curve: Mamba3Model['decay']): Value {
  if (curve === 'softplus') return softplus(x);
  // 1 + x from 0 on, 1 / (1 − x) below.
  return add(relu(x), div(x.graph.scalar(1), shift(relu(neg(x)), 1)));
}

/** (…, Q, R·N) → (…, Q·R, N) */
function asVectors(x: Value, rank: number, width: number): Value {
  const rows = x.shape.at(-2) as number;
  return reshape(x, [...x.shape.slice(0, -2), rows * rank, width]);
}

/** (…, H, Q, P) times (H, R, P) → (…, H, Q·R, P) */
export function timesRank(x: Value, by: Value, rank: number): Value {
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const product = mul(unsqueeze(x, -2), unsqueeze(by, 1));
  return reshape(product, [...product.shape.slice(0, -3), rows * rank, width]);
}

/** (…, H, Q·R, P) times (H, R, P), summed over R → (…, H, Q, P) */
export function joinRank(x: Value, by: Value, rank: number): Value {
  const [rows, width] = x.shape.slice(-2) as [number, number];
  const apart = reshape(x, [...x.shape.slice(0, -2), rows / rank, rank, width]);
  return squeeze(reduceSum(mul(apart, unsqueeze(by, 1)), [-2]), -2);
}
