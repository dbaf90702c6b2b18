/**
 * The forecaster: scaled feature rows in, mean and log-scale of forward returns out, the block's states a layer.
 *
 * Rows go through an input projection, residual blocks behind RMS norms, and two linear heads.
 */
import type { ModelConfig } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, matmul, rmsNorm, scale, tanh } from '../graph/ops.ts';
import { kindOf } from './kinds.ts';
import type { Mixing, Parameters } from './mixing.ts';

export interface TrunkOutputs {
  /** Behind the last norm, as the mixing lays rows out: (…, dModel). */
  readonly rows: Value;
  /** In the order of `stateShapes`. */
  readonly states: readonly Value[];
}

export interface NetworkOutputs {
  /** Mean of the forward return, volatility units: rows as the mixing lays them out, (…, horizons). */
  readonly mean: Value;
  /** Log of its standard deviation, within ±LOG_SCALE_BOUND, likewise. */
  readonly logScale: Value;
  /** In the order of `stateShapes`. */
  readonly states: readonly Value[];
}

export const LOG_SCALE_BOUND = 4;

/**
 * @param features as the mixing lays rows out, (…, features)
 * @param states one a state of the model, in the order of `stateShapes`
 */
export function network(
  features: Value,
  states: readonly Value[],
  config: ModelConfig,
  parameter: Parameters,
  mixing: Mixing,
): NetworkOutputs {
  const { rows, states: next } = trunk(features, states, config, parameter, mixing);
  const head = (part: string) => affine(rows, parameter(`head.${part}.weight`), parameter(`head.${part}.bias`));
  const bounded = tanh(scale(head('logScale'), 1 / LOG_SCALE_BOUND));
  return { mean: head('mean'), logScale: scale(bounded, LOG_SCALE_BOUND), states: next };
}

/** All but the heads; likewise. */
export function trunk(
  features: Value,
  states: readonly Value[],
  { layers }: ModelConfig,
  parameter: Parameters,
  mixing: Mixing,
): TrunkOutputs {
  const perLayer = states.length / layers;
  let rows = affine(features, parameter('input.weight'), parameter('input.bias'));
  const nextStates: Value[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const own: Parameters = (name) => parameter(`layer${layer}.${name}`);
    const before = states.slice(layer * perLayer, (layer + 1) * perLayer);
    const block = mixing.block(rmsNorm(rows, own('norm')), before, own);
    rows = add(rows, block.rows);
    nextStates.push(...block.states);
  }
  return { rows: rmsNorm(rows, parameter('head.norm')), states: nextStates };
}

/** Shape of every state of a model, layer by layer, without the streams' axis. */
export function stateShapes(config: ModelConfig): readonly (readonly number[])[] {
  const { states } = kindOf(config);
  return Array.from({ length: config.layers }, () => states).flat();
}

function affine(x: Value, weight: Value, bias: Value): Value {
  return add(matmul(x, weight), bias);
}
