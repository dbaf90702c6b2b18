/** Holds this product's blocks, gradients and optimiser to a file of reference vectors. */
import { gradients } from '../../graph/backward.ts';
import { type FloatDtype, Graph, type Value } from '../../graph/graph.ts';
import { evaluate, type Result } from '../../graph/session.ts';
import { relative } from './differences.ts';
import { checkpointsApart, formsApart } from './forms-apart.ts';
import { trainingApart, updatesApart } from './optimiser.ts';
import type { Build, Chunk } from './reference.ts';
import { references } from './references.ts';
import { inputsOf, lengthOf } from './series.ts';
import { inputNamed, readVectors, type Tensor, VectorError, type VectorFile } from './vector-file.ts';

/** Errors are the largest difference in a tensor over its largest entry, and the worst of all tensors. */
export interface VectorReport {
  readonly file: string;
  readonly kind: string;
  readonly maxRelForward64: number;
  readonly maxRelForward32: number;
  /** null where the file holds no gradients. */
  readonly maxRelGrad64: number | null;
  /** null where there is no recurrence. */
  readonly chunkedVsRecurrent32: number | null;
  /** Losses and weights of a training run; null where the file holds none. */
  readonly training: number | null;
  readonly ok: boolean;
}

/** What a block is held to. */
export const allowed = {
  forward64: 1e-9,
  forward32: 1e-5,
  gradient64: 1e-9,
  gradient32: 1e-4,
  forms32: 1e-5,
  training64: 1e-8,
} as const;

const CHUNKS = [8, 16, 32];

/** @throws VectorError when the file cannot be read, is of no known kind, or holds what a block of its kind has not */
export function checkVectors(file: string): VectorReport {
  const vectors = readVectors(file);
  try {
    return { file, kind: vectors.kind, ...checked(vectors) };
  } catch (cause) {
    // A shape that fits no block is refused where the graph is built.
    if (!(cause instanceof VectorError || cause instanceof RangeError)) throw cause;
    throw new VectorError(`${file}: ${cause.message}`, { cause });
  }
}

function checked(vectors: VectorFile): Omit<VectorReport, 'file' | 'kind'> {
  const { kind } = vectors;
  if (kind === 'adam' || kind === 'adamw') return updatesReport(vectors);
  const build: Build = references[kind];
  const length = lengthOf(vectors);
  const even = kind === 'lstm' ? [] : CHUNKS.filter((chunk) => length % chunk === 0);
  const chunks = even.length === 0 ? [length] : even;
  const worst = (dtype: FloatDtype) => {
    const runs = chunks.map((chunk) => errorsOf(build, vectors, dtype, chunk));
    const held = runs.flatMap(({ gradient }) => gradient ?? []);
    return {
      forward: Math.max(checkpointsApart(build, vectors, dtype), ...runs.map(({ forward }) => forward)),
      gradient: held.length === 0 ? null : Math.max(...held),
    };
  };
  const [double, single] = [worst('float64'), worst('float32')];
  const forms = formsApart(build, vectors, chunks[0] as number);
  const training = vectors.training === undefined ? null : trainingApart(build, vectors, chunks[0] as number);
  return {
    maxRelForward64: double.forward,
    maxRelForward32: single.forward,
    maxRelGrad64: double.gradient,
    chunkedVsRecurrent32: forms,
    training,
    ok:
      double.forward <= allowed.forward64 &&
      single.forward <= allowed.forward32 &&
      (double.gradient ?? 0) <= allowed.gradient64 &&
      (single.gradient ?? 0) <= allowed.gradient32 &&
      forms <= allowed.forms32 &&
      (training ?? 0) <= allowed.training64,
  };
}

function updatesReport(vectors: VectorFile): Omit<VectorReport, 'file' | 'kind'> {
  const [double, single] = [updatesApart(vectors, 'float64'), updatesApart(vectors, 'float32')];
  return {
    maxRelForward64: double,
    maxRelForward32: single,
    maxRelGrad64: null,
    chunkedVsRecurrent32: null,
    training: double,
    ok: double <= allowed.forward64 && single <= allowed.forward32,
  };
}

/** All that the file says comes out of a block, its loss and gradients, has to come out of ours. */
function errorsOf(build: Build, vectors: VectorFile, dtype: FloatDtype, chunk: Chunk) {
  const graph = new Graph(dtype);
  const { values, feeds } = inputsOf(graph, vectors);
  const { outputs, loss } = build(values, vectors, chunk);
  const wanted: Record<string, Value> = {};
  const expected = new Map<string, Tensor>();
  const expect = (place: string, name: string, value: Value | undefined, tensor: Tensor) => {
    if (value === undefined) throw new VectorError(`${place}.${name} is nothing that a block of this kind has`);
    wanted[`${place}_${name}`] = value;
    expected.set(`${place}_${name}`, tensor);
  };
  for (const [name, tensor] of Object.entries(vectors.outputs)) expect('outputs', name, outputs[name], tensor);
  // In single precision a sum that cancels says nothing of the block.
  if (vectors.loss !== undefined && dtype === 'float64')
    expect('loss', 'value', loss, { shape: [], data: [vectors.loss.value] });
  const grads = Object.entries(vectors.grads ?? {});
  if (grads.length > 0 && vectors.loss === undefined) throw new VectorError('grads have no loss that they are of');
  const targets = grads.map(([name]) => {
    inputNamed(vectors, name);
    return values[name] as Value;
  });
  if (grads.length > 0) {
    const found = gradients(loss as Value, targets);
    grads.forEach(([name, tensor], i) => {
      expect('grads', name, found[i], tensor);
    });
  }
  const results = evaluate(graph, wanted, feeds);
  const apart = (places: readonly string[]) =>
    [...expected]
      .filter(([key]) => places.some((place) => key.startsWith(`${place}_`)))
      .map(([key, tensor]) => relative(key.slice(key.indexOf('_') + 1), results[key] as Result, tensor));
  return { forward: Math.max(...apart(['outputs', 'loss'])), gradient: apart(['grads']) };
}
