/**
 * The plain SSD block: rows of `dModel` in, rows of `dModel` out, with a state that decays as each row says.
 *
 * One projection of the row gives gate, value, key, query, time step and decay; the scan mixes rows; the gate and a last
 * projection finish. The chunked form is for whole series, the step form for one row at a time; both have the same weights.
 */
import type { SsdModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, mul, silu, softplus } from '../graph/ops.ts';
import { collect, project, scalars, spread } from './by-heads.ts';
import { inChunks, inRows } from './chunks.ts';
import { logDecayOf } from './decay.ts';
import { collectTogether, overColumns, projectTogether } from './joined.ts';
import { type BlockOutputs, constant, type Kind, matrix, type ParameterKind, type Parameters } from './mixing.ts';
import { chunkedScan } from './scan.ts';
import { stepScan } from './step-scan.ts';
import { timeStepBias } from './time-step.ts';

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
 * One row of each stream, (S, dModel): the same block in few operations, each of which costs more to start than to do. Of a
 * head's own vectors the heads stand side by side, (S, 1, H·P); keys and queries are shared.
 */
function ssdStep({ heads, headDim }: SsdModel, rows: Value, memory: Value, parameter: Parameters): BlockOutputs {
  const shared = (name: string) => ({ weight: parameter(name), heads: 1, bias: parameter(`${name}Bias`) });
  const each = (name: string) => ({ weight: parameter(name), heads });
  const [gate, value, key, query, chosenStep, decay] = projectTogether(rows, [
    each('gate'),
    each('value'),
    shared('key'),
    shared('query'),
    { ...each('timeStep'), bias: parameter('timeStepBias') },
    each('decay'),
  ]) as [Value, Value, Value, Value, Value, Value];
  const timeStep = softplus(chosenStep);
  const scanned = stepScan({
    values: value,
    keys: key,
    queries: query,
    logDecay: logDecayOf(decay, timeStep, 'softplus'),
    own: timeStep,
    memory,
    before: undefined,
  });
  const mixed = add(scanned.output, mul(value, overColumns(parameter('skip'), headDim)));
  return { rows: collectTogether(mul(mixed, silu(gate)), parameter('output')), states: [scanned.memory] };
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
  const own = (name: string) => spread(parameter(name));
  const chosenStep = softplus(add(scalars(rows, parameter('timeStep')), own('timeStepBias')));
  // A padded row has no time step: it neither decays the state nor adds to it.
  const timeStep = valid === undefined ? chosenStep : mul(chosenStep, valid);
  const logDecay = logDecayOf(scalars(rows, parameter('decay')), timeStep, 'softplus');
  const scanned = chunkedScan({
    values: project(rows, parameter('value')),
    keys: add(project(rows, parameter('key')), parameter('keyBias')),
    queries: add(project(rows, parameter('query')), parameter('queryBias')),
    logDecay,
    own: timeStep,
    previous: undefined,
    skip: own('skip'),
    rank: 1,
    state: { memory },
  });
  const gated = mul(scanned.output, silu(project(rows, parameter('gate'))));
  return { rows: collect(gated, parameter('output')), states: [scanned.memory] };
}
