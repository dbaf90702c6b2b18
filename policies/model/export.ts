/**
 * A trained model as two ONNX files that share weights.
 *
 * - sequence: `features` (B, T, F), `state_i` (B, …) → `forecast` (B, T, horizons, 2), `next_state_i`. B and T are
 *   free; a T that is no multiple of the chunk is padded inside, exactly, so a series may be fed in blocks of any length.
 * - step: `features` (S, F), `state_i` (S, …) → `forecast` (S, horizons, 2), `next_state_i`. S, the streams, is free.
 *
 * Features are already scaled; the last axis of a forecast is mean, log-scale. Bytes depend on config and weights only.
 */
import type { ModelConfig } from '../../runtime/contract.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { concat, unsqueeze } from '../graph/ops.ts';
import { serialise } from '../graph/serialise.ts';
import { kindOf } from './kinds.ts';
import type { Kind } from './mixing.ts';
import { network, stateShapes, trunk } from './network.ts';
import { constantParameters, type Weights } from './parameters.ts';
import { stepHead } from './step-head.ts';

/** @param kind the block; its parameters are the config's own */
export function sequenceModel(weights: Weights, kind: Kind = kindOf(weights.config)): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['B', 'T', config.features]);
  const states = stateInputs(graph, config, features);
  const mixing = kind.sequence(features);
  const outputs = network(mixing.enter(features), states, config, constantParameters(graph, weights), mixing);
  const forecast = joined(mixing.leave(outputs.mean), mixing.leave(outputs.logScale));
  return serialise(graph, { forecast, ...nextStates(outputs.states) }, 'sequence');
}

export function stepModel(weights: Weights): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['S', config.features]);
  const states = stateInputs(graph, config, features);
  const parameter = constantParameters(graph, weights);
  const mixing = kindOf(config).step(features);
  const { rows, states: next } = trunk(mixing.enter(features), states, config, parameter, mixing);
  const forecast = stepHead(mixing.leave(rows), config.horizons.length, parameter);
  return serialise(graph, { forecast, ...nextStates(next) }, 'step');
}

/** One input a state, with as many streams as the features have. */
export function stateInputs(graph: Graph, config: ModelConfig, features: Value): Value[] {
  const streams = features.shape[0] as string | number;
  return stateShapes(config).map((shape, i) => graph.input(`state_${i}`, [streams, ...shape]));
}

/** (…, horizons) twice → (…, horizons, 2) */
export function joined(mean: Value, logScale: Value): Value {
  return concat([unsqueeze(mean, -1), unsqueeze(logScale, -1)], -1);
}

export function nextStates(states: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(states.map((state, i) => [`next_state_${i}`, state]));
}
