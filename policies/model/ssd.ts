/**
 * The plain SSD block: rows of `dModel` in, rows of `dModel` out, with a state that decays as each row says.
 *
 * One projection of the row gives gate, value, key, query, time step and decay; the scan mixes rows; the gate and a last
 * projection finish. The chunked form is for whole series, the step form for one row at a time; both have the same weights.
 */
import type { SsdModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, exp, matmul, min, mul, neg, silu, softplus, transposeLast } from '../graph/ops.ts';
import { chunked, inStep } from './by-heads.ts';
import { inChunks, inRows } from './chunks.ts';
import { dataOf, projectTogether } from './joined.ts';
import { type BlockOutputs, constant, type Kind, matrix, type ParameterKind, type Parameters } from './mixing.ts';
import { chunkedScan } from './scan.ts';
import { timeStepBias } from './time-step.ts';

/** Decay rates are at least this far below zero. */
export const SLOWEST_DECAY = -1e-4;

export function ssd(config: SsdModel): Kind {
  const { heads, headDim, stateDim, chunk } = config;
  return {
    parameters: parameters(config),
    states: [[heads, stateDim, headDim]],
    sequence: (features) => {
      const rows = inChunks(features, chunk);
      return { ...rows, block: (x, states, parameter) => ssdBlock(x, states[0] as Value, rows.valid, parameter) };
    },
    step: () => ({ ...inRows, block: (x, states, parameter) => ssdStep(config, x, states[0] as Value, parameter) }),
  };
}

/**
 * One row of each stream, (S, dModel): the same block with its projections from one product, and few operations, each of
 * which costs more to start than to do.
 */
function ssdStep(
  { heads, headDim, stateDim }: SsdModel,
  rows: Value,
  memory: Value,
  parameter: Parameters,
): BlockOutputs {
  const { graph } = rows;
  const projection = (name: string, count: number, bias?: (head: number) => readonly number[]) => ({
    weight: parameter(name),
    count,
    ...(bias && { bias }),
  });
  const [keyBias, queryBias, timeStepBias] = ['keyBias', 'queryBias', 'timeStepBias'].map((name) =>
    Array.from(dataOf(parameter(name))),
  ) as [number[], number[], number[]];
  const [gate, value, key, query, chosenStep, decay] = projectTogether(rows, heads, [
    projection('gate', headDim),
    projection('value', headDim),
    projection('key', stateDim, () => keyBias),
    projection('query', stateDim, () => queryBias),
    projection('timeStep', 1, (head) => timeStepBias.slice(head, head + 1)),
    projection('decay', 1),
  ]) as [Value, Value, Value, Value, Value, Value];
  const timeStep = softplus(chosenStep);
  const rate = min(neg(softplus(decay)), graph.scalar(SLOWEST_DECAY));
  const written = matmul(transposeLast(key), mul(value, timeStep));
  const next = add(mul(memory, exp(mul(timeStep, rate))), written);
  const mixed = add(matmul(query, next), mul(value, parameter('skip')));
  return { rows: inStep.collect(mul(mixed, silu(gate)), parameter('output')), states: [next] };
}

function parameters({ dModel, heads, headDim, stateDim, layers }: SsdModel): ParameterKind[] {
  return [
    matrix('gate', [heads, dModel, headDim], dModel),
    matrix('value', [heads, dModel, headDim], dModel),
    matrix('key', [dModel, stateDim], dModel),
    constant('keyBias', [stateDim], 1),
    matrix('query', [dModel, stateDim], dModel),
    constant('queryBias', [stateDim], 1),
    matrix('timeStep', [heads, dModel], dModel),
    timeStepBias(heads),
    matrix('decay', [heads, dModel], dModel),
    constant('skip', [heads, 1, 1], 1),
    matrix('output', [heads, headDim, dModel], heads * headDim, 1 / Math.sqrt(layers)),
  ];
}

/**
 * @param rows (B, K, Q, dModel)
 * @param memory (B, H, N, P)
 * @param valid 1 for real rows and 0 for padding, (K, Q); undefined: all real
 */
function ssdBlock(rows: Value, memory: Value, valid: Value | undefined, parameter: Parameters): BlockOutputs {
  const { project, scalars, spread, collect } = chunked;
  const own = (name: string) => spread(parameter(name));
  const chosenStep = softplus(add(scalars(rows, parameter('timeStep')), own('timeStepBias')));
  // A padded row has no time step: it neither decays the state nor adds to it.
  const timeStep = valid === undefined ? chosenStep : mul(chosenStep, valid);
  const rate = min(neg(softplus(scalars(rows, parameter('decay')))), rows.graph.scalar(SLOWEST_DECAY));
  const scanned = chunkedScan({
    values: project(rows, parameter('value')),
    keys: add(project(rows, parameter('key')), parameter('keyBias')),
    queries: add(project(rows, parameter('query')), parameter('queryBias')),
    logDecay: mul(timeStep, rate),
    own: timeStep,
    previous: undefined,
    skip: own('skip'),
    rank: 1,
    state: { memory },
  });
  const gated = mul(scanned.output, silu(project(rows, parameter('gate'))));
  return { rows: collect(gated, parameter('output')), states: [scanned.memory] };
}
