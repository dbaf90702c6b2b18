/**
 * The Mamba-3 block for one row of each stream: what `mamba3.ts` says of many, in few operations, each of which costs more to
 * start than to do.
 *
 * Axes: S streams, R rank, H heads, N state, P head; heads stand side by side, (S, R, H·P), where each has its own vector.
 */
import type { Mamba3Model } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import type { Dim } from '../graph/onnx.ts';
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
  sub,
  tanh,
  transpose,
} from '../graph/ops.ts';
import { logDecayOf } from './decay.ts';
import { collectTogether, overColumns, projectTogether } from './joined.ts';
import type { BlockOutputs, Parameters } from './mixing.ts';
import { nextAngles } from './rotation.ts';
import { byHeads, sideBySide, stepScan } from './step-scan.ts';

/** What goes from row to row. B streams. */
export interface CoreState {
  /** h: (B, H, N, P). */
  readonly memory: Value;
  /** The last row's turned key, (B, H, R, N), and value, (B, H, R, P). */
  readonly key: Value;
  readonly value: Value;
  /** φ, (B, H, angles); only where something turns. */
  readonly angle: Value | undefined;
}

/** What the core is made of, whichever projections feed it. */
export interface StepCoreInputs {
  /** (S, R, H·P) */
  readonly values: Value;
  /** Normed, without their biases: (S, R, H or 1, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** (H, R, N) both. */
  readonly keyBias: Value;
  readonly queryBias: Value;
  /** Activated: (S, 1, H). */
  readonly timeStep: Value;
  readonly logDecay: Value;
  /** Before the sigmoid: (S, 1, H). */
  readonly trapezoid: Value;
  /** Before the tanh, (S, H or 1, angles); undefined: nothing turns. */
  readonly angle: Value | undefined;
  readonly state: CoreState;
}

export interface StepCoreOutputs {
  /** h_t q_t: (S, R, H·P). */
  readonly output: Value;
  /** Turned: (S, R, H, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** γ, the share of its time step that the row takes itself, and δ, what the row before it takes: (S, 1, H) both. */
  readonly own: Value;
  readonly previous: Value;
  readonly state: CoreState;
}

export function mamba3StepCore(inputs: StepCoreInputs): StepCoreOutputs {
  const { values, timeStep, logDecay, state } = inputs;
  const own = mul(sigmoid(inputs.trapezoid), timeStep);
  const previous = sub(timeStep, own);
  const angles = inputs.angle === undefined ? undefined : anglesOf(inputs.angle, timeStep, state.angle as Value);
  const placed = (x: Value, bias: Value) => {
    const shifted = add(x, rowsFirst(bias));
    return angles === undefined ? shifted : rotate(shifted, angles);
  };
  const keys = placed(inputs.keys, inputs.keyBias);
  const queries = placed(inputs.queries, inputs.queryBias);
  const [joinedKeys, joinedQueries] = [joined(keys), joined(queries)];
  const { output, memory } = stepScan({
    values,
    keys: joinedKeys,
    queries: joinedQueries,
    logDecay,
    own,
    memory: state.memory,
    before: { keys: sideBySide(state.key), values: sideBySide(state.value), weight: previous },
  });
  const heads = memory.shape[1] as number;
  const next = { memory, key: byHeads(joinedKeys, heads), value: byHeads(values, heads), angle: angles };
  return { output, keys, queries, own, previous, state: next };
}

/** φ of the row, (S, H, angles); a row turns by π·tanh(angle)·dt. */
function anglesOf(angle: Value, timeStep: Value, before: Value): Value {
  const [streams, , heads] = timeStep.shape as [Dim, 1, number];
  return nextAngles(mul(scale(tanh(angle), Math.PI), reshape(timeStep, [streams, heads, 1])), before);
}

/** (S, R, H, N) → (S, R, H·N) */
function joined(x: Value): Value {
  const [streams, rank, heads, width] = x.shape as [Dim, number, number, number];
  return reshape(x, [streams, rank, heads * width]);
}

/** (H, R, N) → (R, H, N) */
function rowsFirst(x: Value): Value {
  return transpose(x, [1, 0, 2]);
}

export function mamba3Step(
  { heads, headDim, stateDim, angles, rank, decay }: Mamba3Model,
  rows: Value,
  states: readonly Value[],
  parameter: Parameters,
): BlockOutputs {
  const streams = rows.shape[0] as Dim;
  const shared = (name: string) => ({ weight: parameter(name), heads: 1 });
  const each = (name: string) => ({ weight: parameter(name), heads });
  const [gate, value, key, query, chosenStep, chosenDecay, trapezoid, angle] = projectTogether(rows, [
    each('gate'),
    each('value'),
    shared('key'),
    shared('query'),
    { ...each('timeStep'), bias: parameter('timeStepBias') },
    each('decay'),
    each('trapezoid'),
    ...(angles === 0 ? [] : [shared('angle')]),
  ]) as [Value, Value, Value, Value, Value, Value, Value, Value | undefined];
  const timeStep = softplus(chosenStep);
  const normed = (x: Value, name: string) =>
    rmsNorm(reshape(x, [streams, rank, 1, stateDim]), parameter(`${name}Norm`));
  /** A vector for each of R and head, (H, R, P), as (R, H·P). */
  const ofRank = (name: string) => reshape(rowsFirst(parameter(name)), [rank, heads * headDim]);
  const values = rank === 1 ? value : mul(value, ofRank('valueRank'));
  const [memory, lastKey, lastValue, lastAngle] = states as [Value, Value, Value, Value | undefined];
  const core = mamba3StepCore({
    values,
    keys: normed(key, 'key'),
    queries: normed(query, 'query'),
    keyBias: parameter('keyBias'),
    queryBias: parameter('queryBias'),
    timeStep,
    logDecay: logDecayOf(chosenDecay, timeStep, decay),
    trapezoid,
    angle,
    state: { memory, key: lastKey, value: lastValue, angle: lastAngle },
  });
  const mixed = add(core.output, mul(values, overColumns(parameter('skip'), headDim)));
  const gated =
    rank === 1
      ? mul(mixed, silu(gate))
      : reduceSum(mul(mul(mixed, silu(mul(gate, ofRank('gateRank')))), ofRank('outputRank')), [1]);
  const next = core.state;
  return {
    rows: collectTogether(gated, parameter('output')),
    states: [next.memory, next.key, next.value, ...(next.angle === undefined ? [] : [next.angle])],
  };
}
