/** The scan against reference vectors, against its own recurrence, and against the future. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { fixture } from '../../runtime/fixtures.ts';
import { Random } from '../../runtime/random.ts';
import { gradients } from '../graph/backward.ts';
import { type FloatDtype, Graph, type Value } from '../graph/graph.ts';
import {
  add,
  div,
  exp,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  shift,
  silu,
  softplus,
  sqrt,
  transpose,
  unsqueeze,
} from '../graph/ops.ts';
import { evaluate, type Result } from '../graph/session.ts';
import { chunkedScan, stepScan } from './scan.ts';

interface Tensor {
  readonly shape: number[];
  readonly data: number[];
}

interface VectorFile {
  readonly config: {
    batch: number;
    seq_len: number;
    n_heads: number;
    head_dim: number;
    d_state: number;
    n_groups: number;
    norm_eps: number;
  };
  readonly inputs: Record<string, Tensor>;
  readonly outputs: Record<string, Tensor>;
  readonly loss: { w_y: Tensor; w_hT: Tensor; value: number };
  readonly grads: Record<string, Tensor>;
}

const FILES = ['mamba2_s0_T16', 'mamba2_s1_T32', 'mamba2_hard_strong_decay_T64'];
const CHUNKS = [8, 16];

for (const name of FILES) {
  for (const [dtype, forward, backward] of [
    ['float64', 1e-9, 1e-9],
    ['float32', 1e-5, 1e-4],
  ] as const) {
    test(`${name} in ${dtype}: values and gradients`, (t) => {
      const file = fixture(`vectors/${name}.json`);
      if (file === undefined) {
        t.log(`SKIP: vectors/${name}.json is not here`);
        t.pass();
        return;
      }
      const vectors: VectorFile = JSON.parse(readFileSync(file, 'utf8'));
      for (const chunk of CHUNKS) {
        const { results, lossValue } = mamba2(vectors, dtype, chunk);
        // The loss is a sum of large terms that cancel: in single precision only its parts have a relative error.
        const lossError = Math.abs(lossValue - vectors.loss.value) / Math.abs(vectors.loss.value);
        if (dtype === 'float64') t.true(lossError <= forward, `loss: ${lossError}`);
        for (const [key, expected] of Object.entries(vectors.outputs)) {
          const actual = results[key];
          if (actual !== undefined)
            t.true(relative(actual, expected) <= forward, `${key}: ${relative(actual, expected)}`);
        }
        for (const [key, expected] of Object.entries(vectors.grads)) {
          const error = relative(results[`grad_${key}`] as Result, expected);
          t.true(error <= backward, `gradient of ${key}, chunk ${chunk}: ${error}`);
        }
      }
    });
  }
}

test('chunked, block-streamed and step forms are one function', (t) => {
  const sizes = { batch: 2, length: 48, heads: 3, state: 5, head: 4 };
  const whole = random(sizes, 11);
  const reference = runChunked('float64', sizes, 8, whole);
  for (const chunk of [1, 4, 16, 48]) {
    const other = runChunked('float64', sizes, chunk, whole);
    t.true(difference(other.output, reference.output) < 1e-12, `chunk ${chunk}`);
    t.true(difference(other.state, reference.state) < 1e-12, `state, chunk ${chunk}`);
  }
  const streamed = inBlocks(sizes, whole, 16, (block, data) => runChunked('float64', block, 8, data));
  t.true(difference(streamed.output, reference.output) < 1e-12);
  t.true(difference(streamed.state, reference.state) < 1e-12);
  const stepped = inBlocks(sizes, whole, 1, runStep);
  t.true(difference(stepped.output, reference.output) < 1e-12);
  t.true(difference(stepped.state, reference.state) < 1e-12);
});

test('in single precision the forms agree to 1e-5', (t) => {
  const sizes = { batch: 1, length: 256, heads: 2, state: 16, head: 16 };
  const whole = random(sizes, 12);
  const exact = runChunked('float64', sizes, 32, whole);
  const largest = Math.max(...exact.output.map(Math.abs));
  for (const chunk of [16, 32, 64]) {
    const single = runChunked('float32', sizes, chunk, whole);
    t.true(difference(single.output, exact.output) < 1e-5 * largest, `chunk ${chunk}`);
  }
});

test('a change of row t + 1 leaves every output up to t as it was, bit for bit', (t) => {
  const sizes = { batch: 1, length: 64, heads: 2, state: 8, head: 8 };
  const base = random(sizes, 13);
  const before = runChunked('float32', sizes, 16, base);
  for (const changed of [1, 15, 16, 17, 40, 63]) {
    const altered = structuredClone(base);
    for (const [key, width] of [
      ['input', 16],
      ['logDecay', 2],
      ['keys', 8],
      ['queries', 8],
    ] as const) {
      for (let i = changed * width; i < (changed + 1) * width; i++) (altered[key] as number[])[i] = -3 - i;
    }
    const after = runChunked('float32', sizes, 16, altered);
    const rows = changed * sizes.heads * sizes.head;
    t.deepEqual(after.output.slice(0, rows), before.output.slice(0, rows), `row ${changed}`);
    t.notDeepEqual(after.output.slice(rows, rows + 16), before.output.slice(rows, rows + 16), `row ${changed} itself`);
  }
});

/** The reference block of the vectors, around our scan. */
function mamba2({ config, inputs, loss }: VectorFile, dtype: FloatDtype, chunk: number) {
  const { batch, seq_len: length, n_heads: heads, n_groups: groups } = config;
  const graph = new Graph(dtype);
  const input = (name: string) => graph.input(name, (inputs[name] as Tensor).shape);
  const [x, dtRaw, dtBias, aLog, B, C, D, z, normWeight, h0] = [
    'x',
    'dt_raw',
    'dt_bias',
    'A_log',
    'B',
    'C',
    'D',
    'z',
    'norm_w',
    'h0',
  ].map(input) as [Value, Value, Value, Value, Value, Value, Value, Value, Value, Value];
  const dt = softplus(add(dtRaw, dtBias));
  const loga = mul(dt, neg(exp(aLog)));
  const xbar = mul(x, unsqueeze(dt, -1));
  if (groups !== 1) throw new Error('the vectors at hand share keys over all heads');
  const { output, state } = chunkedScan({
    input: intoChunks(xbar, chunk),
    logDecay: intoChunks(loga, chunk),
    keys: intoChunks(B, chunk),
    queries: intoChunks(C, chunk),
    state: transpose(h0, [0, 1, 3, 2]),
  });
  const ySsm = outOfChunks(output);
  const hT = transpose(state, [0, 1, 3, 2]);
  const y = add(ySsm, mul(x, unsqueeze(D, -1)));
  const gated = mul(y, silu(z));
  const flat = reshape(gated, [batch, length, heads * config.head_dim]);
  const norm = sqrt(shift(reduceMean(mul(flat, flat), [-1]), config.norm_eps));
  const normed = reshape(mul(div(flat, norm), normWeight), x.shape);
  const weighted = (value: Value, weights: Tensor) =>
    reshape(reduceSum(mul(value, graph.constant(weights.shape, weights.data)), [...value.shape.keys()]), []);
  const total = add(weighted(add(y, normed), loss.w_y), weighted(hT, loss.w_hT));
  const names = Object.keys(inputs);
  const byInput = gradients(
    total,
    names.map((name) => graph.inputs.find((value) => value.name === name) as Value),
  );
  const wanted: Record<string, Value> = { total, y_ssm: ySsm, y_out: y, y_gated: gated, y_gated_norm: normed, hT };
  names.forEach((name, i) => {
    wanted[`grad_${name}`] = byInput[i] as Value;
  });
  const results = evaluate(
    graph,
    wanted,
    Object.fromEntries(names.map((name) => [name, (inputs[name] as Tensor).data])),
  );
  return {
    results: { ...results, y: results['y_out'] } as Record<string, Result>,
    lossValue: (results['total'] as Result).data[0] as number,
  };
}

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly state: number;
  readonly head: number;
}

/** Row-major (B, T, …) data; one head of keys and queries. */
interface Series {
  input: number[];
  logDecay: number[];
  keys: number[];
  queries: number[];
  state: number[];
}

interface Outcome {
  readonly output: number[];
  readonly state: number[];
}

function random({ batch, length, heads, state, head }: Sizes, seed: number): Series {
  const draw = Random.of(seed);
  const normals = (count: number) => Array.from({ length: count }, () => draw.gaussian());
  const rows = batch * length;
  return {
    input: normals(rows * heads * head),
    logDecay: normals(rows * heads).map((value) => -Math.exp(value - 2)),
    keys: normals(rows * state),
    queries: normals(rows * state),
    state: normals(batch * heads * state * head),
  };
}

function runChunked(
  dtype: FloatDtype,
  { batch, length, heads, state, head }: Sizes,
  chunk: number,
  data: Series,
): Outcome {
  const graph = new Graph(dtype);
  const outcome = chunkedScan({
    input: intoChunks(graph.input('input', [batch, length, heads, head]), chunk),
    logDecay: intoChunks(graph.input('logDecay', [batch, length, heads]), chunk),
    keys: intoChunks(graph.input('keys', [batch, length, 1, state]), chunk),
    queries: intoChunks(graph.input('queries', [batch, length, 1, state]), chunk),
    state: graph.input('state', [batch, heads, state, head]),
  });
  const results = evaluate(graph, { out: outOfChunks(outcome.output), next: outcome.state }, { ...data });
  return { output: [...results.out.data], state: [...results.next.data] };
}

function runStep({ batch, heads, state, head }: Sizes, data: Series): Outcome {
  const graph = new Graph('float64');
  const outcome = stepScan({
    input: graph.input('input', [batch, heads, 1, head]),
    logDecay: graph.input('logDecay', [batch, heads, 1]),
    keys: graph.input('keys', [batch, 1, 1, state]),
    queries: graph.input('queries', [batch, 1, 1, state]),
    state: graph.input('state', [batch, heads, state, head]),
  });
  const results = evaluate(graph, { out: outcome.output, next: outcome.state }, { ...data });
  return { output: [...results.out.data], state: [...results.next.data] };
}

/** Feeds a series `rows` at a time, carrying the state. */
function inBlocks(sizes: Sizes, data: Series, rows: number, run: (sizes: Sizes, data: Series) => Outcome): Outcome {
  const { batch, length } = sizes;
  const cut = (values: number[], from: number) => {
    const width = values.length / (batch * length);
    return Array.from({ length: batch }, (_, b) =>
      values.slice((b * length + from) * width, (b * length + from + rows) * width),
    ).flat();
  };
  const perStream = Array.from({ length: batch }, () => [] as number[]);
  let { state } = data;
  for (let from = 0; from < length; from += rows) {
    const { input, logDecay, keys, queries } = data;
    const block = {
      input: cut(input, from),
      logDecay: cut(logDecay, from),
      keys: cut(keys, from),
      queries: cut(queries, from),
      state,
    };
    const outcome = run({ ...sizes, length: rows }, block);
    const width = outcome.output.length / batch;
    perStream.forEach((stream, b) => {
      stream.push(...outcome.output.slice(b * width, (b + 1) * width));
    });
    state = outcome.state;
  }
  return { output: perStream.flat(), state };
}

/** (B, T, H, …) → (K, B, H, Q, …) */
function intoChunks(x: Value, chunk: number): Value {
  const [batch, length, heads, ...rest] = x.shape as [number, number, number, ...number[]];
  const cut = reshape(x, [batch, length / chunk, chunk, heads, ...rest]);
  return transpose(cut, [1, 0, 3, 2, ...rest.map((_, i) => 4 + i)]);
}

/** (K, B, H, Q, P) → (B, T, H, P) */
function outOfChunks(x: Value): Value {
  const [chunks, batch, heads, chunk, head] = x.shape as [number, number, number, number, number];
  return reshape(transpose(x, [1, 0, 3, 2, 4]), [batch, chunks * chunk, heads, head]);
}

/** Largest difference, relative to the expected tensor's largest entry. */
function relative(actual: Result, expected: Tensor): number {
  if (actual.data.length !== expected.data.length) return Number.POSITIVE_INFINITY;
  return difference([...actual.data], expected.data) / Math.max(...expected.data.map(Math.abs));
}

/** Largest difference; infinite where one is not a number. */
function difference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((worst, value, i) => {
    const gap = Math.abs(value - (b[i] as number));
    return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap);
  }, 0);
}
