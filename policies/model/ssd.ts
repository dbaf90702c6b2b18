/**
 * The plain SSD block: rows of `dModel` in, rows of `dModel` out, with a state that decays as each row says.
 *
 * One projection of the row gives gate, value, key, query, time step and decay; the scan mixes rows; the gate and a last
 * projection finish. Both forms of the scan use the same function here and the same weights.
 */
import type { SsdModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import {
  add,
  matmul,
  min,
  mul,
  neg,
  reduceSum,
  silu,
  softplus,
  squeeze,
  transposeLast,
  unsqueeze,
} from '../graph/ops.ts';
import { inChunks, inSteps, type Rows } from './chunks.ts';
import { type BlockOutputs, constant, type Kind, matrix, type ParameterKind, type Parameters } from './mixing.ts';
import { chunkedScan, type ScanInputs, type ScanOutputs, stepScan } from './scan.ts';
import { timeStepBias } from './time-step.ts';

/** Decay rates are at least this far below zero. */
export const SLOWEST_DECAY = -1e-4;

export function ssd(config: SsdModel): Kind {
  const { heads, headDim, stateDim, chunk } = config;
  const mixing = (rows: Rows, scan: typeof chunkedScan) => ({
    ...rows,
    block: (x: Value, [memory]: readonly Value[], parameter: Parameters) =>
      ssdBlock(x, memory as Value, rows.valid, parameter, scan),
  });
  return {
    parameters: parameters(config),
    states: [[heads, stateDim, headDim]],
    sequence: (features) => mixing(inChunks(features, chunk), chunkedScan),
    step: () => mixing(inSteps, stepScan),
  };
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
 * @param rows (…, Q, dModel): (K, B, Q, dModel) in the chunked form, (S, 1, dModel) in the step form
 * @param memory (B or S, H, N, P)
 * @param valid 1 for real rows and 0 for padding, broadcasting to (…, H, Q); undefined: all real
 */
function ssdBlock(
  rows: Value,
  memory: Value,
  valid: Value | undefined,
  parameter: Parameters,
  scan: (inputs: ScanInputs) => ScanOutputs,
): BlockOutputs {
  const heads = rows.shape.length - 2;
  const perHead = unsqueeze(rows, heads);
  const columns = transposeLast(rows);
  const gate = matmul(perHead, parameter('gate'));
  const value = matmul(perHead, parameter('value'));
  const chosenStep = softplus(add(matmul(parameter('timeStep'), columns), parameter('timeStepBias')));
  // A padded row has no time step: it neither decays the state nor adds to it.
  const timeStep = valid === undefined ? chosenStep : mul(chosenStep, valid);
  const rate = min(neg(softplus(matmul(parameter('decay'), columns))), rows.graph.scalar(SLOWEST_DECAY));
  const scanned = scan({
    values: mul(value, unsqueeze(timeStep, -1)),
    keys: add(matmul(perHead, parameter('key')), parameter('keyBias')),
    queries: add(matmul(perHead, parameter('query')), parameter('queryBias')),
    logDecay: mul(timeStep, rate),
    own: undefined,
    previous: undefined,
    rank: 1,
    state: { memory },
  });
  const mixed = mul(add(scanned.output, mul(value, parameter('skip'))), silu(gate));
  const output = squeeze(reduceSum(matmul(mixed, parameter('output')), [heads]), heads);
  return { rows: output, states: [scanned.memory] };
}
