/** For tests: small policies on disk, sound or with a defect in one of their files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { Graph, type Value } from '../policies/graph/graph.ts';
import { add, pad, scale, slice } from '../policies/graph/ops.ts';
import { serialise } from '../policies/graph/serialise.ts';
import { joined, nextStates, sequenceModel, stateInputs, stepModel } from '../policies/model/export.ts';
import { kindOf } from '../policies/model/kinds.ts';
import type { Mixing } from '../policies/model/mixing.ts';
import { network } from '../policies/model/network.ts';
import { constantParameters, initialWeights, parameterLayout, type Weights } from '../policies/model/parameters.ts';
import { canonicalJson, writePolicy } from '../policies/model/policy-folder.ts';
import type { PolicyManifest, SsdModel } from '../runtime/contract.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { FeatureRows } from '../runtime/features/rows.ts';
import { Random } from '../runtime/random.ts';
import type { Candidate } from './gate.ts';

const digestOfNothing = sha256Of('');

export const model: SsdModel = {
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

const same = (x: Value) => x;

/**
 * A sequence model whose rows are altered before the network sees them, or its states behind it.
 * @param alter of (streams, chunks, chunk, features)
 */
export function sequenceWith(weights: Weights, alter: (rows: Value) => Value, alterState = same): Uint8Array {
  const graph = new Graph();
  const features = graph.input('features', ['B', 'T', weights.config.features]);
  const mixing = kindOf(weights.config).sequence(features);
  return modelWith(weights, graph, features, { ...mixing, enter: (x) => alter(mixing.enter(x)) }, same, alterState);
}

/** Each row with a little of the next one of its chunk: of (streams, chunks, chunk, features). */
export function withNextRow(rows: Value): Value {
  const next = pad(slice(rows, 2, 1, model.chunk), 2, 0, 1);
  return add(rows, scale(next, 1e-3));
}

/** A step model that gives something else. @param alter of features before, and of the forecast after the network */
export function stepWith(
  weights: Weights,
  alter: { readonly rows?: (rows: Value) => Value; readonly forecast?: (forecast: Value) => Value },
): Uint8Array {
  const graph = new Graph();
  const features = graph.input('features', ['S', weights.config.features]);
  const mixing = kindOf(weights.config).step(features);
  const enter = (x: Value) => mixing.enter(alter.rows?.(x) ?? x);
  return modelWith(weights, graph, features, { ...mixing, enter }, alter.forecast ?? same);
}

function modelWith(
  weights: Weights,
  graph: Graph,
  features: Value,
  mixing: Mixing,
  alter: (forecast: Value) => Value,
  alterState = same,
): Uint8Array {
  const { config } = weights;
  const states = stateInputs(graph, config, features);
  const outputs = network(mixing.enter(features), states, config, constantParameters(graph, weights), mixing);
  const forecast = alter(joined(mixing.leave(outputs.mean), mixing.leave(outputs.logScale)));
  return serialise(graph, { forecast, ...nextStates(outputs.states.map(alterState)) });
}
