/** The reference blocks of vector files by their kind. */
import type { Value } from '../../graph/graph.ts';
import { lstmScan } from '../../graph/lstm-scan.ts';
import {
  add,
  exp,
  matmul,
  mul,
  neg,
  RMS_EPSILON,
  reshape,
  rmsNorm,
  silu,
  softplus,
  squeeze,
  transpose,
  transposeLast,
  unsqueeze,
} from '../../graph/ops.ts';
import { lstmCell } from '../lstm.ts';
import { chunkedScan } from '../scan.ts';
import { stepScan } from '../step-scan.ts';
import { acrossHeads, intoChunks, outOfChunks } from './axes.ts';
import { mamba3MimoCore, mamba3SisoBlock, mamba3SisoCore } from './mamba3-references.ts';
import { type Build, given, type Named, swapped, total, whole } from './reference.ts';
import { oneOf, size } from './vector-file.ts';

const mamba2: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const [heads, width] = [size(vectors, 'n_heads'), size(vectors, 'head_dim')];
  oneOf(vectors, 'norm_eps', [RMS_EPSILON]);
  oneOf(vectors, 'norm_before_gate', [false]);
  const [x, z] = [input('x'), input('z')];
  const dt = softplus(add(input('dt_raw'), input('dt_bias')));
  const loga = mul(dt, neg(exp(input('A_log'))));
  const xbar = mul(x, unsqueeze(dt, -1));
  const scan = {
    values: x,
    keys: acrossHeads(input('B'), heads),
    queries: acrossHeads(input('C'), heads),
    logDecay: loga,
    own: dt,
    memory: swapped(input('h0')),
  };
  const { output: ySsm, memory } = chunk === undefined ? scanInStep(scan) : scanInChunks(scan, chunk);
  const hT = swapped(memory);
  const y = add(ySsm, mul(x, unsqueeze(input('D'), -1)));
  const gated = mul(y, silu(z));
  const [batch, length] = x.shape as [number, number];
  const flat = reshape(gated, [batch, length, heads * width]);
  const normed = reshape(rmsNorm(flat, input('norm_w')), x.shape);
  return {
    outputs: { dt, loga, xbar, y_ssm: ySsm, y, y_gated: gated, y_gated_norm: normed, hT },
    carried: { h0: hT },
    loss: whole(chunk, () => add(total(add(y, normed), vectors.loss?.w_y), total(hT, vectors.loss?.w_hT))),
  };
};

type Scan = Readonly<Record<'values' | 'keys' | 'queries' | 'logDecay' | 'own' | 'memory', Value>>;

function scanInChunks({ memory, ...rows }: Scan, chunk: number) {
  const [values, keys, queries, logDecay, own] = [rows.values, rows.keys, rows.queries, rows.logDecay, rows.own].map(
    (each) => intoChunks(each, chunk),
  ) as [Value, Value, Value, Value, Value];
  const inputs = { values, keys, queries, logDecay, own, previous: undefined, skip: undefined, rank: 1 };
  const scanned = chunkedScan({ ...inputs, state: { memory } });
  return { output: outOfChunks(scanned.output), memory: scanned.memory };
}

function scanInStep({ values, keys, queries, ...rest }: Scan) {
  const joined = (x: Value) => {
    const [batch, , heads, width] = x.shape as [number, 1, number, number];
    return reshape(x, [batch, 1, heads * width]);
  };
  const vectors = { values: joined(values), keys: joined(keys), queries: joined(queries) };
  const scanned = stepScan({ ...vectors, ...rest, before: undefined });
  return { output: reshape(scanned.output, values.shape), memory: scanned.memory };
}

const lstm: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  oneOf(vectors, 'layers', [1]);
  const [h0, c0] = [squeeze(input('h0'), 0), squeeze(input('c0'), 0)];
  // The files' gates stand as ours do: input, forget, cell, output.
  const parts: Named = {
    input: transposeLast(input('weight_ih_l0')),
    recurrent: transposeLast(input('weight_hh_l0')),
    bias: add(input('bias_ih_l0'), input('bias_hh_l0')),
  };
  const byTime = (x: Value) => transpose(x, [1, 0, 2]);
  const rows = byTime(input('x'));
  const run = () => {
    if (chunk === undefined) {
      const [after, cell] = lstmCell(squeeze(rows, 0), h0, c0, given(parts));
      return { hidden: unsqueeze(after, 0), finalHidden: after, finalCell: cell };
    }
    const gates = add(matmul(rows, parts['input'] as Value), parts['bias'] as Value);
    return lstmScan(h0, c0, parts['recurrent'] as Value, gates);
  };
  const { hidden, finalHidden, finalCell } = run();
  const y = byTime(hidden);
  const [hT, cT] = [unsqueeze(finalHidden, 0), unsqueeze(finalCell, 0)];
  return {
    outputs: { y, hT, cT },
    carried: { h0: hT, c0: cT },
    loss: whole(chunk, () => add(total(y, vectors.loss?.w_y), total(cT, undefined))),
  };
};

export const references = {
  mamba2_ssd: mamba2,
  mamba3_siso_core: mamba3SisoCore,
  mamba3_siso_block: mamba3SisoBlock,
  mamba3_mimo_core: mamba3MimoCore,
  lstm,
} as const satisfies Record<string, Build>;
