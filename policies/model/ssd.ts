/**
 * The plain SSD block: rows of `dModel` in, rows of `dModel` out, with a state that decays as each row says.
 *
 * One projection of the row gives gate, value, key, query, time step and decay; the scan mixes rows; the gate and a last
 * projection finish. Both forms of the scan use the same function here and the same weights.
 */
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
import type { Parameters } from './parameters.ts';
import type { ScanInputs, ScanOutputs } from './scan.ts';

/** Decay rates are at least this far below zero. */
const SLOWEST_DECAY = -1e-4;

export interface BlockInputs {
  /** (…, Q, dModel): (K, B, Q, dModel) in the chunked form, (S, 1, dModel) in the step form. */
  readonly rows: Value;
  /** (B or S, H, N, P). */
  readonly state: Value;
  /** 1 for real rows and 0 for padding, broadcasting to (…, H, Q); undefined: all real. */
  readonly valid: Value | undefined;
}

export function ssdBlock(
  { rows, state, valid }: BlockInputs,
  parameter: Parameters,
  scan: (inputs: ScanInputs) => ScanOutputs,
): { readonly rows: Value; readonly state: Value } {
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
    input: mul(value, unsqueeze(timeStep, -1)),
    logDecay: mul(timeStep, rate),
    keys: add(matmul(perHead, parameter('key')), parameter('keyBias')),
    queries: add(matmul(perHead, parameter('query')), parameter('queryBias')),
    state,
  });
  const mixed = mul(add(scanned.output, mul(value, parameter('skip'))), silu(gate));
  const output = squeeze(reduceSum(matmul(mixed, parameter('output')), [heads]), heads);
  return { rows: output, state: scanned.state };
}
