/** One training step as one ONNX model: forward, loss, backward, AdamW. */
import type { ModelConfig } from '../../runtime/contract.ts';
import { type AdamwSettings, adamw } from '../graph/adamw.ts';
import { gradients } from '../graph/backward.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { concat, mul, reduceSum, reshape, slice } from '../graph/ops.ts';
import { serialise } from '../graph/serialise.ts';
import { kindOf } from '../model/kinds.ts';
import { type Kind, type Parameters, zeros } from '../model/mixing.ts';
import { network, stateShapes } from '../model/network.ts';
import { found, parameterLayout } from '../model/parameters.ts';
import { type LossKind, lossOf } from './loss.ts';

/** Windows in a batch, and rows in a window. */
export interface BatchShape {
  readonly batch: number;
  readonly length: number;
}

/**
 * Inputs: `theta`, `m`, `v` (flat); `rates` (3); `features` (batch, length, F); `labels` and `weights`
 * (batch, length, horizons), the weights 0 where a label is unknown and summing to 1.
 * Outputs: `next_theta`, `next_m`, `next_v`, `loss` (1), `gradient_norm` (1).
 */
export function trainingStepModel(
  config: ModelConfig,
  shape: BatchShape,
  settings: AdamwSettings,
  lossKind: LossKind = 'gaussian',
  kind: Kind = kindOf(config),
): Uint8Array {
  const graph = new Graph();
  const { parameters, size } = parameterLayout(config);
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [size])) as [Value, Value, Value];
  const rates = graph.input('rates', [3]);
  const { values, flat } = splitParameters(theta, config);
  const loss = batchLoss(graph, config, shape, flat, lossKind, kind);
  const gradient = concat(
    gradients(loss, values).map((part, i) => reshape(part, [parameters[i]?.size as number])),
    0,
  );
  const decayed = graph.constant([size], decayMask(config));
  const next = adamw({ theta, m, v }, gradient, rates, decayed, settings);
  return serialise(
    graph,
    { next_theta: next.theta, next_m: next.m, next_v: next.v, loss, gradient_norm: next.gradientNorm },
    'training-step',
  );
}

/**
 * A batch's loss without an update, for validation.
 * Inputs: `theta`, `features`, `labels`, `weights` as above. Output: `loss` (1).
 */
export function lossModel(config: ModelConfig, shape: BatchShape, kind: LossKind): Uint8Array {
  const graph = new Graph();
  const { size } = parameterLayout(config);
  const { flat } = splitParameters(graph.input('theta', [size]), config);
  return serialise(graph, { loss: batchLoss(graph, config, shape, flat, kind) }, 'loss');
}

/** Mean loss of a batch, nats a label: one element. */
export function batchLoss(
  graph: Graph,
  config: ModelConfig,
  { batch, length }: BatchShape,
  parameter: Parameters,
  lossKind: LossKind = 'gaussian',
  kind: Kind = kindOf(config),
): Value {
  const features = graph.input('features', [batch, length, config.features]);
  const mixing = kind.sequence(features);
  const perLabel = [batch, length, config.horizons.length];
  const [labels, weights] = ['labels', 'weights'].map((name) => mixing.enter(graph.input(name, perLabel)));
  const states = stateShapes(config).map((shape) => zeros(graph, [batch, ...shape]));
  const { mean, logScale } = network(mixing.enter(features), states, config, parameter, mixing);
  const weighed = mul(lossOf(lossKind, labels as Value, mean, logScale), weights as Value);
  return reshape(reduceSum(weighed, [...weighed.shape.keys()]), [1]);
}

/** The flat vector cut into the model's parameters. */
export function splitParameters(theta: Value, config: ModelConfig): { values: Value[]; flat: Parameters } {
  const { parameters } = parameterLayout(config);
  const values = parameters.map(({ shape, offset, size }) => reshape(slice(theta, 0, offset, offset + size), shape));
  const named = new Map(parameters.map(({ name }, i) => [name, values[i] as Value]));
  return { values, flat: (name) => found(named, name) };
}

function decayMask(config: ModelConfig): Float32Array {
  const { parameters, size } = parameterLayout(config);
  const mask = new Float32Array(size);
  for (const { offset, size: count, decays } of parameters) mask.fill(decays ? 1 : 0, offset, offset + count);
  return mask;
}
