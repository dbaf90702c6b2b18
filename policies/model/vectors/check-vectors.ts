/** Holds this product's blocks, gradients and optimiser to a file of reference vectors. */
import { type AdamwSettings, adamw, adamwRates } from '../../graph/adamw.ts';
import { gradients } from '../../graph/backward.ts';
import { type FloatDtype, Graph, type Value } from '../../graph/graph.ts';
import { concat, reshape, slice } from '../../graph/ops.ts';
import { compile, evaluate, type Result } from '../../graph/session.ts';
import { elements } from '../../graph/shape.ts';
import { type Build, type Chunk, references } from './references.ts';
import { readVectors, type Tensor, type VectorFile } from './vector-file.ts';

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
export const allowed = { forward64: 1e-9, forward32: 1e-5, gradient: 1e-4, forms32: 1e-5, training64: 1e-8 } as const;

const CHUNKS = [8, 16, 32];

type Values = Record<string, ArrayLike<number>>;

/** @throws VectorError when the file cannot be read or is of no known kind */
export function checkVectors(file: string): VectorReport {
  const vectors = readVectors(file);
  const { kind } = vectors;
  if (kind === 'adam' || kind === 'adamw') return optimiserReport(file, vectors);
  const build = references[kind];
  const length = lengthOf(vectors);
  const chunks = kind === 'lstm' ? [length] : CHUNKS.filter((chunk) => length % chunk === 0);
  const runs = (dtype: FloatDtype) => chunks.map((chunk) => errorsOf(build, vectors, dtype, chunk));
  const [double, single] = [runs('float64'), runs('float32')];
  const worst = (errors: readonly { readonly forward: number; readonly gradient: number | undefined }[]) => ({
    forward: Math.max(...errors.map(({ forward }) => forward)),
    gradient: errors[0]?.gradient === undefined ? null : Math.max(...errors.map(({ gradient }) => gradient as number)),
  });
  const [double_, single_] = [worst(double), worst(single)];
  const forms = formsApart(build, vectors, chunks[0] as number);
  const training = vectors.training === undefined ? null : trainingApart(build, vectors, chunks[0] as number);
  const ok =
    double_.forward <= allowed.forward64 &&
    single_.forward <= allowed.forward32 &&
    (double_.gradient ?? 0) <= allowed.gradient &&
    (single_.gradient ?? 0) <= allowed.gradient &&
    forms <= allowed.forms32 &&
    (training ?? 0) <= allowed.training64;
  return {
    file,
    kind,
    maxRelForward64: double_.forward,
    maxRelForward32: single_.forward,
    maxRelGrad64: double_.gradient,
    chunkedVsRecurrent32: forms,
    training,
    ok,
  };
}

/** Inputs that carry a state from block to block begin a series; the block's file leaves them out, for they are zeros. */
function inputsOf(graph: Graph, vectors: VectorFile): { values: Record<string, Value>; feeds: Values } {
  const values: Record<string, Value> = {};
  const feeds: Record<string, ArrayLike<number>> = {};
  for (const [name, { shape, data }] of Object.entries({ ...startingStates(vectors), ...vectors.inputs })) {
    values[name] = graph.input(name, shape);
    feeds[name] = data;
  }
  return { values, feeds };
}

function startingStates({ kind, config, inputs }: VectorFile): Record<string, Tensor> {
  if (kind !== 'mamba3_siso_block') return {};
  const [batch] = (inputs['u'] as Tensor).shape as [number];
  const number = (name: string) => Number(config[name]);
  const [heads, width, state, angles] = ['n_heads', 'head_dim', 'd_state', 'n_angles'].map(number) as number[];
  const zeros = (shape: number[]): Tensor => ({ shape, data: new Array(elements(shape)).fill(0) });
  return {
    h0: zeros([batch, heads as number, width as number, state as number]),
    k0: zeros([batch, heads as number, state as number]),
    v0: zeros([batch, heads as number, width as number]),
    phi0: zeros([batch, heads as number, angles as number]),
  };
}

function errorsOf(build: Build, vectors: VectorFile, dtype: FloatDtype, chunk: Chunk) {
  const graph = new Graph(dtype);
  const { values, feeds } = inputsOf(graph, vectors);
  const { outputs, loss } = build(values, vectors, chunk);
  const wanted: Record<string, Value> = {};
  for (const [name, value] of Object.entries(outputs)) if (name in vectors.outputs) wanted[`out_${name}`] = value;
  const grads = Object.entries(vectors.grads ?? {});
  if (loss !== undefined && grads.length > 0) {
    const targets = grads.map(([name]) => values[name] as Value);
    gradients(loss, targets).forEach((gradient, i) => {
      wanted[`grad_${grads[i]?.[0]}`] = gradient;
    });
  }
  const results = evaluate(graph, wanted, feeds);
  const apart = (prefix: string, expected: readonly (readonly [string, Tensor])[]) =>
    Math.max(...expected.map(([name, tensor]) => relative(name, results[`${prefix}_${name}`] as Result, tensor)));
  const known = Object.entries(vectors.outputs).filter(([name]) => `out_${name}` in wanted);
  return { forward: apart('out', known), gradient: grads.length === 0 ? undefined : apart('grad', grads) };
}

/** Largest relative difference, in single precision, between the chunked form and one row at a time. */
function formsApart(build: Build, vectors: VectorFile, chunk: number): number {
  const graph = new Graph('float32');
  const { values, feeds } = inputsOf(graph, vectors);
  const { outputs, carried } = build(values, vectors, chunk);
  const states = Object.keys(carried);
  const perRow = Object.keys(outputs).filter((name) => outputs[name]?.shape[1] === lengthOf(vectors));
  const whole = evaluate(graph, outputs, feeds);
  const stepped = steps(build, vectors, perRow, states);
  const errors = [
    ...perRow.map((name) =>
      relative(name, { shape: [], data: stepped.rows[name] as Float32Array }, asTensor(whole[name])),
    ),
    ...finalNames(states, outputs).map(([state, final]) =>
      relative(
        final,
        { shape: [], data: Float32Array.from(stepped.states[state] as ArrayLike<number>) },
        asTensor(whole[final]),
      ),
    ),
  ];
  return Math.max(...errors);
}

/** "h0" ends as "hT". */
function finalNames(states: readonly string[], outputs: object): (readonly [string, string])[] {
  return states.map((state) => [state, state.replace(/0$/, 'T')] as const).filter(([, final]) => final in outputs);
}

/** Runs the step form over every row. Row-major (B, T, …) results by name, and the states at the end. */
function steps(build: Build, vectors: VectorFile, perRow: readonly string[], states: readonly string[]) {
  const length = lengthOf(vectors);
  const all = { ...startingStates(vectors), ...vectors.inputs };
  const timed = Object.keys(all).filter((name) => !states.includes(name) && isTimed(all[name] as Tensor, vectors));
  const graph = new Graph('float32');
  const inputs: Record<string, Value> = {};
  for (const [name, { shape }] of Object.entries(all)) {
    inputs[name] = graph.input(name, timed.includes(name) ? shape.with(1, 1) : shape);
  }
  const { outputs, carried } = build(inputs, vectors, undefined);
  const wanted: Record<string, Value> = {};
  for (const name of perRow) wanted[name] = outputs[name] as Value;
  for (const name of states) wanted[`next_${name}`] = carried[name] as Value;
  const step = compile(graph, wanted);
  const feeds: Record<string, ArrayLike<number>> = Object.fromEntries(
    Object.entries(all).map(([name, { data }]) => [name, data]),
  );
  const rows = Object.fromEntries(perRow.map((name) => [name, [] as ArrayLike<number>[]]));
  for (let t = 0; t < length; t++) {
    for (const name of timed) feeds[name] = rowOf(all[name] as Tensor, t);
    const results = step.run(feeds);
    for (const name of perRow) rows[name]?.push((results[name] as Result).data);
    for (const name of states) feeds[name] = (results[`next_${name}`] as Result).data;
  }
  step.dispose();
  const [batch] = shapeOfRows(vectors);
  return {
    rows: Object.fromEntries(perRow.map((name) => [name, interleaved(rows[name] as ArrayLike<number>[], batch)])),
    states: feeds,
  };
}

function trainingApart(build: Build, vectors: VectorFile, chunk: number): number {
  const { losses, final, lr } = vectors.training as NonNullable<VectorFile['training']>;
  const names = Object.keys(final);
  const sizes = names.map((name) => elements((vectors.inputs[name] as Tensor).shape));
  const count = sizes.reduce((a, b) => a + b, 0);
  const graph = new Graph('float64');
  const { values, feeds } = inputsOf(graph, vectors);
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [count])) as [Value, Value, Value];
  let from = 0;
  const parts = names.map((name, i) => {
    from += sizes[i] as number;
    return reshape(slice(theta, 0, from - (sizes[i] as number), from), (vectors.inputs[name] as Tensor).shape);
  });
  const { loss } = build(
    { ...values, ...Object.fromEntries(names.map((name, i) => [name, parts[i] as Value])) },
    vectors,
    chunk,
  );
  const gradient = concat(
    gradients(loss as Value, parts).map((part, i) => reshape(part, [sizes[i] as number])),
    0,
  );
  const settings = settingsOf(vectors.training as Record<string, unknown>);
  const next = adamw(
    { theta, m, v },
    gradient,
    graph.input('rates', [3]),
    graph.constant([count], new Array(count).fill(1)),
    settings,
  );
  const step = compile(
    graph,
    { nextTheta: next.theta, nextM: next.m, nextV: next.v, loss: loss as Value },
    { optimisation: 'basic' },
  );
  let state: Values = {
    theta: names.flatMap((name) => (vectors.inputs[name] as Tensor).data),
    m: new Array(count).fill(0),
    v: new Array(count).fill(0),
  };
  const found = losses.map((_, i) => {
    const results = step.run({ ...feeds, ...state, rates: adamwRates(lr, i + 1, settings) });
    state = { theta: results.nextTheta.data, m: results.nextM.data, v: results.nextV.data };
    return results.loss.data[0] as number;
  });
  step.dispose();
  const expected = { shape: [count], data: names.flatMap((name) => (final[name] as Tensor).data) };
  return Math.max(
    difference(found, losses) / Math.max(...losses),
    relative('theta', { shape: [count], data: Float64Array.from(state['theta'] as ArrayLike<number>) }, expected),
  );
}

/** Updates with given gradients: forward is the parameters after each. */
function optimiserReport(file: string, vectors: VectorFile): VectorReport {
  const { kind, config, inputs, outputs } = vectors;
  const [start, given] = [inputs['theta0'] as Tensor, inputs['grads'] as Tensor];
  const n = start.data.length;
  const settings = settingsOf(config);
  const apart = (dtype: FloatDtype): number => {
    const graph = new Graph(dtype);
    const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [n])) as [Value, Value, Value];
    const all = graph.constant([n], new Array(n).fill(1));
    const next = adamw({ theta, m, v }, graph.input('gradient', [n]), graph.input('rates', [3]), all, settings);
    const step = compile(graph, { nextTheta: next.theta, nextM: next.m, nextV: next.v });
    let state: Values = { theta: start.data, m: new Array(n).fill(0), v: new Array(n).fill(0) };
    const found: number[] = [];
    for (let i = 0; i * n < given.data.length; i++) {
      const gradient = given.data.slice(i * n, (i + 1) * n);
      const results = step.run({ ...state, gradient, rates: adamwRates(Number(config['lr']), i + 1, settings) });
      state = { theta: results.nextTheta.data, m: results.nextM.data, v: results.nextV.data };
      found.push(...results.nextTheta.data);
    }
    step.dispose();
    return relative('theta', { shape: [], data: Float64Array.from(found) }, outputs['theta'] as Tensor);
  };
  const [double, single] = [apart('float64'), apart('float32')];
  return {
    file,
    kind,
    maxRelForward64: double,
    maxRelForward32: single,
    maxRelGrad64: null,
    chunkedVsRecurrent32: null,
    training: double,
    ok: double <= allowed.forward64 && single <= allowed.forward32,
  };
}

function settingsOf(config: Readonly<Record<string, unknown>>): AdamwSettings {
  const number = (name: string, otherwise: number) => Number(config[name] ?? otherwise);
  return {
    beta1: number('beta1', 0.9),
    beta2: number('beta2', 0.999),
    epsilon: number('eps', 1e-8),
    weightDecay: number('weight_decay', 0),
    clipNorm: undefined,
  };
}

function shapeOfRows({ inputs }: VectorFile): [number, number] {
  const { shape } = (inputs['x'] ?? inputs['u']) as Tensor;
  return [shape[0] as number, shape[1] as number];
}

function lengthOf(vectors: VectorFile): number {
  return shapeOfRows(vectors)[1];
}

/** (B, T, …): weights and states have other leading axes. */
function isTimed({ shape }: Tensor, vectors: VectorFile): boolean {
  const [batch, length] = shapeOfRows(vectors);
  return shape.length > 2 && shape[0] === batch && shape[1] === length;
}

/** Row t of every stream. */
function rowOf({ shape, data }: Tensor, t: number): number[] {
  const [batch, length] = shape as [number, number];
  const width = data.length / batch / length;
  return Array.from({ length: batch }, (_, b) =>
    data.slice((b * length + t) * width, (b * length + t + 1) * width),
  ).flat();
}

/** Rows (T of B × width) joined to (B, T, width). */
function interleaved(rows: readonly ArrayLike<number>[], batch: number): Float32Array {
  const width = (rows[0]?.length ?? 0) / batch;
  const joined = new Float32Array(rows.length * batch * width);
  rows.forEach((row, t) => {
    for (let i = 0; i < row.length; i++) {
      joined[(Math.floor(i / width) * rows.length + t) * width + (i % width)] = row[i] as number;
    }
  });
  return joined;
}

function asTensor(result: Result | undefined): Tensor {
  return { shape: [...(result?.shape ?? [])], data: [...(result?.data ?? [])] };
}

/** Largest difference over the largest expected entry. Angles are compared whole turns aside. */
function relative(name: string, actual: Result, expected: Tensor): number {
  // Zeros are expected where nothing flows: there the difference itself counts.
  const largest = Math.max(...expected.data.map(Math.abs)) || 1;
  if (name !== 'phiT') return difference(actual.data, expected.data) / largest;
  const turn = 2 * Math.PI;
  const gaps = expected.data.map((value, i) => {
    const gap = (actual.data[i] as number) - value;
    return gap - turn * Math.round(gap / turn);
  });
  return difference(gaps, new Array(gaps.length).fill(0)) / Math.max(1, largest);
}

/** Infinite where one is not a number, or lengths differ. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs((a[i] as number) - (b[i] as number));
    worst = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap);
  }
  return worst;
}
