/**
 * The forecaster: scaled feature rows in, mean and log-scale of forward returns out, one recurrent state a layer.
 *
 * Rows go through an input projection, residual SSD blocks behind RMS norms, and two linear heads.
 */
import type { ModelConfig } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, matmul, rmsNorm, scale, tanh } from '../graph/ops.ts';
import type { Parameters } from './parameters.ts';
import type { ScanInputs, ScanOutputs } from './scan.ts';
import { ssdBlock } from './ssd.ts';

export interface NetworkInputs {
  /** (…, Q, features), as the scan's form wants them. */
  readonly features: Value;
  /** One a layer: (B or S, H, N, P). */
  readonly states: readonly Value[];
  readonly valid: Value | undefined;
}

export interface NetworkOutputs {
  /** Mean of the forward return, volatility units: (…, Q, horizons). */
  readonly mean: Value;
  /** Log of its standard deviation, within ±LOG_SCALE_BOUND: (…, Q, horizons). */
  readonly logScale: Value;
  readonly states: readonly Value[];
}

export const LOG_SCALE_BOUND = 4;

export function network(
  { features, states, valid }: NetworkInputs,
  config: ModelConfig,
  parameter: Parameters,
  scan: (inputs: ScanInputs) => ScanOutputs,
): NetworkOutputs {
  let rows = affine(features, parameter('input.weight'), parameter('input.bias'));
  const nextStates: Value[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const own: Parameters = (name) => parameter(`layer${layer}.${name}`);
    const block = ssdBlock({ rows: rmsNorm(rows, own('norm')), state: states[layer] as Value, valid }, own, scan);
    rows = add(rows, block.rows);
    nextStates.push(block.state);
  }
  const last = rmsNorm(rows, parameter('head.norm'));
  const head = (part: string) => affine(last, parameter(`head.${part}.weight`), parameter(`head.${part}.bias`));
  const bounded = tanh(scale(head('logScale'), 1 / LOG_SCALE_BOUND));
  return { mean: head('mean'), logScale: scale(bounded, LOG_SCALE_BOUND), states: nextStates };
}

/** Shape of one stream's state in each layer, without the streams' axis. */
export function stateShape({ heads, stateDim, headDim }: ModelConfig): readonly [number, number, number] {
  return [heads, stateDim, headDim];
}

function affine(x: Value, weight: Value, bias: Value): Value {
  return add(matmul(x, weight), bias);
}
