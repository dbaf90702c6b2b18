/**
 * A trained model as two ONNX files that share weights.
 *
 * - sequence: `features` (B, T, F), `state_i` (B, H, N, P) → `forecast` (B, T, horizons, 2), `next_state_i`. B and T are
 *   free; a T that is no multiple of the chunk is padded inside, exactly, so a series may be fed in blocks of any length.
 * - step: `features` (S, F), `state_i` (S, H, N, P) → `forecast` (S, horizons, 2), `next_state_i`. S, the streams, is free.
 *
 * Features are already scaled; the last axis of a forecast is mean, log-scale. Bytes depend on config and weights only.
 */
import { Graph, type Value } from '../graph/graph.ts';
import type { Dim } from '../graph/onnx.ts';
import { concat, squeeze, unsqueeze } from '../graph/ops.ts';
import { serialise } from '../graph/serialise.ts';
import { fromChunks, toChunks, validRows } from './chunks.ts';
import { type NetworkOutputs, network, stateShape } from './network.ts';
import { constantParameters, type Weights } from './parameters.ts';
import { chunkedScan, stepScan } from './scan.ts';

export function sequenceModel(weights: Weights): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['B', 'T', config.features]);
  const states = stateInputs(graph, weights, 'B');
  const inputs = { features: toChunks(features, config.chunk), states, valid: validRows(features, config.chunk) };
  const outputs = network(inputs, config, constantParameters(graph, weights), chunkedScan);
  const rows = (x: Value) => fromChunks(x, features);
  return serialise(graph, named(forecast(rows(outputs.mean), rows(outputs.logScale)), outputs), 'sequence');
}

export function stepModel(weights: Weights): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['S', config.features]);
  const inputs = { features: unsqueeze(features, 1), states: stateInputs(graph, weights, 'S'), valid: undefined };
  const outputs = network(inputs, config, constantParameters(graph, weights), stepScan);
  return serialise(graph, named(squeeze(forecast(outputs.mean, outputs.logScale), 1), outputs), 'step');
}

function stateInputs(graph: Graph, { config }: Weights, streams: Dim): Value[] {
  return Array.from({ length: config.layers }, (_, i) => graph.input(`state_${i}`, [streams, ...stateShape(config)]));
}

function forecast(mean: Value, logScale: Value): Value {
  return concat([unsqueeze(mean, -1), unsqueeze(logScale, -1)], -1);
}

function named(whole: Value, { states }: NetworkOutputs): Record<string, Value> {
  return { forecast: whole, ...Object.fromEntries(states.map((state, i) => [`next_state_${i}`, state])) };
}
