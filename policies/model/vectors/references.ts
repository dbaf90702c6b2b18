/**
 * The reference blocks of vector files, built from this product's own parts: each from inputs in the file's axes to outputs
 * in the file's axes, in the chunked form or, for one row, in the step form.
 */
import type { Value } from '../../graph/graph.ts';
import { lstmScan } from '../../graph/lstm-scan.ts';
import {
  add,
  exp,
  matmul,
  min,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  rmsNorm,
  silu,
  slice,
  softplus,
  square,
  squeeze,
  sub,
  transpose,
  transposeLast,
  unsqueeze,
} from '../../graph/ops.ts';
import { chunked, inStep } from '../by-heads.ts';
import { lstmCell } from '../lstm.ts';
import { type CoreInputs, decayCurve, joinRank, mamba3Core, timesRank } from '../mamba3.ts';
import { chunkedScan, stepScan } from '../scan.ts';
import { acrossHeads, headsFirst, intoChunks, intoStep, joinRows, outOfChunks } from './axes.ts';
import { size, type VectorFile } from './vector-file.ts';

export type Named = Readonly<Record<string, Value>>;

export interface Reference {
  readonly outputs: Named;
  /** Of the states that the file starts from, what they are after the last row, under the starting one's name. */
  readonly carried: Named;
  readonly loss: Value | undefined;
}

/** Rows a chunk; undefined: the step form of a single row. */
export type Chunk = number | undefined;
export type Build = (inputs: Named, vectors: VectorFile, chunk: Chunk) => Reference;

/** @throws when an input is missing */
function given(inputs: Named) {
  return (name: string): Value => {
    const value = inputs[name];
    if (value === undefined) throw new Error(`the vectors have no input "${name}"`);
    return value;
  };
}

function placing(chunk: Chunk) {
  return chunk === undefined
    ? { enter: intoStep, leave: intoStep }
    : { enter: (x: Value) => intoChunks(x, chunk), leave: outOfChunks };
}

const swapped = (h: Value) => transpose(h, [0, 1, 3, 2]);

function total(value: Value, weights: { shape: number[]; data: number[] } | undefined): Value {
  const weighted = weights === undefined ? value : mul(value, value.graph.constant(weights.shape, weights.data));
  return reshape(reduceSum(weighted, [...value.shape.keys()]), []);
}

/** The loss is of a whole series; a single row has none. */
const whole = (chunk: Chunk, loss: () => Value) => (chunk === undefined ? undefined : loss());

const mamba2: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const { enter, leave } = placing(chunk);
  const [heads, width] = [size(vectors, 'n_heads'), size(vectors, 'head_dim')];
  const [x, z] = [input('x'), input('z')];
  const dt = softplus(add(input('dt_raw'), input('dt_bias')));
  const loga = mul(dt, neg(exp(input('A_log'))));
  const xbar = mul(x, unsqueeze(dt, -1));
  const scan = chunk === undefined ? stepScan : chunkedScan;
  const { output, memory } = scan({
    values: enter(x),
    logDecay: enter(loga),
    keys: enter(acrossHeads(input('B'), heads)),
    queries: enter(acrossHeads(input('C'), heads)),
    own: enter(dt),
    previous: undefined,
    skip: undefined,
    rank: 1,
    state: { memory: swapped(input('h0')) },
  });
  const ySsm = leave(output);
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

/** Everything after the core's inputs, in the file's axes. */
function siso(
  input: (name: string) => Value,
  core: Omit<CoreInputs, 'state' | 'rank' | 'skip' | 'valid'>,
  chunk: Chunk,
) {
  const form = chunk === undefined ? 'step' : 'chunked';
  const { leave } = placing(chunk);
  const state = {
    memory: swapped(input('h0')),
    key: unsqueeze(input('k0'), 2),
    value: unsqueeze(input('v0'), 2),
    angle: input('phi0'),
  };
  const out = mamba3Core({ ...core, skip: undefined, rank: 1, valid: undefined, state }, form);
  const last = {
    hT: swapped(out.state.memory),
    kT: squeeze(out.state.key, 2),
    vT: squeeze(out.state.value, 2),
    phiT: out.state.angle as Value,
  };
  const ySsm = leave(out.output);
  return {
    ySsm,
    gated: (x: Value, z: Value) => {
      const y = add(ySsm, mul(x, unsqueeze(input('D'), -1)));
      return { y, y_gated: mul(y, silu(z)) };
    },
    rotated: { k_rot: leave(out.keys), q_rot: leave(out.queries) },
    last,
    carried: { h0: last.hT, k0: last.kT, v0: last.vT, phi0: last.phiT },
  };
}

const mamba3SisoCore: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const { enter } = placing(chunk);
  const heads = size(vectors, 'n_heads');
  const core = siso(
    input,
    {
      values: enter(input('x')),
      keys: enter(acrossHeads(input('B'), heads)),
      queries: enter(acrossHeads(input('C'), heads)),
      keyBias: unsqueeze(input('B_bias'), 1),
      queryBias: unsqueeze(input('C_bias'), 1),
      timeStep: enter(input('dt')),
      logDecay: enter(input('loga')),
      trapezoid: enter(input('trap_raw')),
      angle: enter(input('angle_raw')),
    },
    chunk,
  );
  const gated = core.gated(input('x'), input('z'));
  return {
    outputs: { y_ssm: core.ySsm, ...gated, ...core.rotated, ...core.last },
    carried: core.carried,
    loss: whole(chunk, () => add(total(gated.y_gated, vectors.loss?.w_y), total(core.last.hT, vectors.loss?.w_hT))),
  };
};

const mamba3SisoBlock: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const { enter } = placing(chunk);
  const [heads, width, groups, state, angles] = ['n_heads', 'head_dim', 'n_groups', 'd_state', 'n_angles'].map((name) =>
    size(vectors, name),
  ) as [number, number, number, number, number];
  const u = input('u');
  const [batch, length] = u.shape as [number, number];
  const joined = matmul(u, transposeLast(input('W_in')));
  const widths = [heads * width, heads * width, groups * state, groups * state, heads, heads, heads, angles];
  let from = 0;
  const [z, x, B, C, dtRaw, aRaw, trap, angle] = widths.map((count) => {
    from += count;
    return slice(joined, -1, from - count, from);
  }) as [Value, Value, Value, Value, Value, Value, Value, Value];
  const perHead = (part: Value) => reshape(part, [batch, length, heads, width]);
  const normed = (part: Value, gain: string) => rmsNorm(reshape(part, [batch, length, groups, state]), input(gain));
  const dt = softplus(add(dtRaw, input('dt_bias')));
  const curve = vectors.config['a_activation'] === 'heavy_tail' ? 'heavyTail' : 'softplus';
  const floor = u.graph.scalar(-Number(vectors.config['A_floor']));
  const loga = mul(min(neg(decayCurve(aRaw, curve)), floor), dt);
  const [normedB, normedC] = [normed(B, 'B_norm_w'), normed(C, 'C_norm_w')];
  const core = siso(
    input,
    {
      values: enter(perHead(x)),
      keys: enter(acrossHeads(normedB, heads)),
      queries: enter(acrossHeads(normedC, heads)),
      keyBias: unsqueeze(input('B_bias'), 1),
      queryBias: unsqueeze(input('C_bias'), 1),
      timeStep: enter(dt),
      logDecay: enter(loga),
      trapezoid: enter(trap),
      angle: enter(unsqueeze(angle, 2)),
    },
    chunk,
  );
  const { y_gated } = core.gated(perHead(x), perHead(z));
  const out = matmul(reshape(y_gated, [batch, length, heads * width]), transposeLast(input('W_out')));
  return {
    outputs: { out, dt, loga, B_normed: normedB, C_normed: normedC, y_gated, ...core.last },
    carried: core.carried,
    loss: whole(chunk, () => reshape(reduceMean(square(sub(out, input('target'))), [0, 1, 2]), [])),
  };
};

const mamba3MimoCore: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const { enter, leave } = placing(chunk);
  const rank = size(vectors, 'rank');
  const vectorsOf = (name: string) => joinRows(enter(headsFirst(input(name))));
  const { spread } = chunk === undefined ? inStep : chunked;
  const own = (name: string) => spread(input(name));
  const values = timesRank(enter(input('x')), own('mimo_x'), rank);
  const out = mamba3Core(
    {
      values,
      keys: vectorsOf('B'),
      queries: vectorsOf('C'),
      keyBias: input('B_bias'),
      queryBias: input('C_bias'),
      timeStep: enter(input('dt')),
      logDecay: enter(input('loga')),
      trapezoid: enter(input('trap_raw')),
      angle: enter(input('angle_raw')),
      skip: spread(reshape(input('D'), [size(vectors, 'n_heads'), 1, 1])),
      rank,
      valid: undefined,
      state: {
        memory: swapped(input('h0')),
        key: transpose(input('k0'), [0, 2, 1, 3]),
        value: transpose(input('v0'), [0, 2, 1, 3]),
        angle: input('phi0'),
      },
    },
    chunk === undefined ? 'step' : 'chunked',
  );
  const gate = silu(timesRank(enter(input('z')), own('mimo_z'), rank));
  const joined = joinRank(mul(out.output, gate), own('mimo_o'), rank);
  const { memory, key, value, angle } = out.state;
  const last = {
    hT: swapped(memory),
    kT: transpose(key, [0, 2, 1, 3]),
    vT: transpose(value, [0, 2, 1, 3]),
    phiT: angle as Value,
  };
  return {
    outputs: { y_out: leave(joined), ...last },
    carried: { h0: last.hT, k0: last.kT, v0: last.vT, phi0: last.phiT },
    loss: undefined,
  };
};

const lstm: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
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
