/** For tests: small policies on disk, sound or with a defect in one of their files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { Graph, type Value } from '../policies/graph/graph.ts';
import { concat, squeeze, unsqueeze } from '../policies/graph/ops.ts';
import { serialise } from '../policies/graph/serialise.ts';
import { fromChunks, toChunks, validRows } from '../policies/model/chunks.ts';
import { sequenceModel, stepModel } from '../policies/model/export.ts';
import { type NetworkOutputs, network, stateShape } from '../policies/model/network.ts';
import { constantParameters, initialWeights, parameterLayout, type Weights } from '../policies/model/parameters.ts';
import { canonicalJson, writePolicy } from '../policies/model/policy-folder.ts';
import { chunkedScan, stepScan } from '../policies/model/scan.ts';
import type { ModelConfig, PolicyManifest } from '../runtime/contract.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { FeatureRows } from '../runtime/features/rows.ts';
import { Random } from '../runtime/random.ts';
import type { Candidate } from './gate.ts';

const digestOfNothing = sha256Of('');

export const model: ModelConfig = {
  kind: 'ssd',
  features: FeatureRows.names.length,
  dModel: 12,
  heads: 2,
  headDim: 8,
  stateDim: 6,
  layers: 2,
  chunk: 32,
  horizons: [1, 4, 16],
};

/** Untrained weights made loud, so that a part left out would show. */
export function loudWeights(): Weights {
  const { values } = initialWeights(model, 3);
  const random = Random.of(4);
  return { config: model, values: values.map((value) => value + 0.1 * random.gaussian()) };
}

/** The same weights with one parameter multiplied. */
export function altered(weights: Weights, name: string, factor: number): Weights {
  const found = parameterLayout(weights.config).parameters.find((parameter) => parameter.name === name);
  if (found === undefined) throw new Error(`the model has no parameter "${name}"`);
  const { offset, size } = found;
  return { ...weights, values: weights.values.map((v, i) => (i >= offset && i < offset + size ? factor * v : v)) };
}

export interface Planted {
  readonly weights?: Weights;
  /** @default the weights' own */
  readonly sequence?: Uint8Array;
  readonly step?: Uint8Array;
  readonly manifest?: Partial<PolicyManifest>;
}

/** A policy folder as a candidate, gone after the test; its digests are true whatever is planted. */
export function candidateWith(t: ExecutionContext, planted: Planted = {}): Candidate {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-gate-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return plant(directory, planted);
}

/** The same in a folder of the caller's. */
export function plant(
  directory: string,
  { weights = loudWeights(), sequence, step, manifest }: Planted = {},
): Candidate {
  const written = writePolicy(
    directory,
    {
      name: 'planted',
      featureNames: [...FeatureRows.names],
      featureDigest: FeatureRows.digest,
      decisionIntervalUs: 250_000,
      scaler: { mean: FeatureRows.names.map(() => 0), deviation: FeatureRows.names.map(() => 1), clip: 5 },
      planner: {
        horizon: 1,
        enterCosts: 0,
        exitCosts: 0,
        postCosts: 0,
        confidence: 0,
        riskPerClipUsd: 5,
        clipLots: 5,
        maxPositionClips: 4,
        maxHoldDecisions: 8,
      },
      seed: 1,
      parents: [],
      genome: digestOfNothing,
      data: { kind: 'simulated', description: 'none', digest: digestOfNothing },
      commit: 'none',
      trials: 1,
      training: { steps: 0, loss: null },
      reference: { informationCoefficient: null, pnlPerSliceUsd: null },
      ...manifest,
    },
    weights,
  );
  const files = { 'sequence.onnx': sequence ?? sequenceModel(weights), 'step.onnx': step ?? stepModel(weights) };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(directory, name), bytes);
  const whole: PolicyManifest = {
    ...written.manifest,
    files: { 'sequence.onnx': sha256Of(files['sequence.onnx']), 'step.onnx': sha256Of(files['step.onnx']) },
  };
  const text = canonicalJson(whole);
  writeFileSync(path.join(directory, 'policy.json'), text);
  return { directory, manifest: whole, digest: sha256Of(text) };
}

/** A sequence model whose rows are altered before the network sees them. @param alter of (chunks, streams, chunk, features) */
export function sequenceWith(weights: Weights, alter: (rows: Value) => Value): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['B', 'T', config.features]);
  const states = stateInputs(graph, config, 'B');
  const inputs = {
    features: alter(toChunks(features, config.chunk)),
    states,
    valid: validRows(features, config.chunk),
  };
  const outputs = network(inputs, config, constantParameters(graph, weights), chunkedScan);
  const rows = (x: Value) => fromChunks(x, features);
  return serialise(graph, named(forecast(rows(outputs.mean), rows(outputs.logScale)), outputs), 'sequence');
}

/** A step model that gives something else. @param alter of features before, and of the forecast after the network */
export function stepWith(
  weights: Weights,
  alter: { readonly rows?: (rows: Value) => Value; readonly forecast?: (forecast: Value) => Value },
): Uint8Array {
  const { config } = weights;
  const graph = new Graph();
  const features = graph.input('features', ['S', config.features]);
  const rows = alter.rows?.(features) ?? features;
  const inputs = { features: unsqueeze(rows, 1), states: stateInputs(graph, config, 'S'), valid: undefined };
  const outputs = network(inputs, config, constantParameters(graph, weights), stepScan);
  const whole = squeeze(forecast(outputs.mean, outputs.logScale), 1);
  return serialise(graph, named(alter.forecast?.(whole) ?? whole, outputs), 'step');
}

function stateInputs(graph: Graph, config: ModelConfig, streams: string): Value[] {
  return Array.from({ length: config.layers }, (_, i) => graph.input(`state_${i}`, [streams, ...stateShape(config)]));
}

function forecast(mean: Value, logScale: Value): Value {
  return concat([unsqueeze(mean, -1), unsqueeze(logScale, -1)], -1);
}

function named(whole: Value, { states }: NetworkOutputs): Record<string, Value> {
  return { forecast: whole, ...Object.fromEntries(states.map((state, i) => [`next_state_${i}`, state])) };
}
