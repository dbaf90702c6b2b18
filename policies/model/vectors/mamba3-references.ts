/** Mamba-3: its core with one input and one output a head, its whole block, and its core with several. */
import type { Value } from '../../graph/graph.ts';
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
import { decayCurve, SLOWEST_DECAY } from '../decay.ts';
import { mamba3 } from '../mamba3.ts';
import { acrossHeads } from './axes.ts';
import { coreOf, type FileCore } from './mamba3-core.ts';
import { type Build, type Chunk, given, type Named, swapped, total, whole } from './reference.ts';
import { oneOf, size, type VectorFile } from './vector-file.ts';

/** Everything after the core's inputs, in the file's axes; one input and one output a head. */
function siso(
  input: (name: string) => Value,
  core: Omit<FileCore, 'state' | 'values' | 'keys' | 'queries' | 'skip'> & Record<'x' | 'B' | 'C', Value>,
  chunk: Chunk,
) {
  const state = {
    memory: swapped(input('h0')),
    key: unsqueeze(input('k0'), 2),
    value: unsqueeze(input('v0'), 2),
    angle: input('phi0'),
  };
  const [values, keys, queries] = [core.x, core.B, core.C].map((each) => unsqueeze(each, 2)) as [Value, Value, Value];
  const out = coreOf({ ...core, values, keys, queries, skip: undefined, state }, chunk);
  const last = {
    hT: swapped(out.state.memory),
    kT: squeeze(out.state.key, 2),
    vT: squeeze(out.state.value, 2),
    phiT: out.state.angle as Value,
  };
  const ySsm = squeeze(out.output, 2);
  const alpha = exp(core.logDecay);
  return {
    ySsm,
    weights: { alpha, beta: mul(alpha, out.previous), gamma: out.own },
    phi: out.angles,
    gated: (x: Value, z: Value) => {
      const y = add(ySsm, mul(x, unsqueeze(input('D'), -1)));
      return { y, y_gated: mul(y, silu(z)) };
    },
    rotated: { k_rot: squeeze(out.keys, 2), q_rot: squeeze(out.queries, 2) },
    last,
    carried: { h0: last.hT, k0: last.kT, v0: last.vT, phi0: last.phiT },
  };
}

export const mamba3SisoCore: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const heads = size(vectors, 'n_heads');
  const core = siso(
    input,
    {
      x: input('x'),
      B: acrossHeads(input('B'), heads),
      C: acrossHeads(input('C'), heads),
      keyBias: unsqueeze(input('B_bias'), 1),
      queryBias: unsqueeze(input('C_bias'), 1),
      timeStep: input('dt'),
      logDecay: input('loga'),
      trapezoid: input('trap_raw'),
      angle: input('angle_raw'),
    },
    chunk,
  );
  const gated = core.gated(input('x'), input('z'));
  return {
    outputs: {
      y_ssm: core.ySsm,
      ...gated,
      ...core.weights,
      phi: core.phi,
      ...core.rotated,
      ...core.last,
      phiT_mod2pi: core.last.phiT,
    },
    carried: core.carried,
    loss: whole(chunk, () => add(total(gated.y_gated, vectors.loss?.w_y), total(core.last.hT, vectors.loss?.w_hT))),
  };
};

export const mamba3SisoBlock: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  const sizes = blockSizes(vectors);
  const { heads, width, state } = sizes;
  const u = input('u');
  const [batch, length] = u.shape as [number, number];
  const { z, x, B, C, dt: dtRaw, A: aRaw, trap, angle } = cut(matmul(u, transposeLast(input('W_in'))), -1, sizes);
  const perHead = (part: Value) => reshape(part, [batch, length, heads, width]);
  const normed = (part: Value, gain: string) => rmsNorm(reshape(part, [batch, length, 1, state]), input(gain));
  const dt = softplus(add(dtRaw, input('dt_bias')));
  const floor = u.graph.scalar(-Number(vectors.config['A_floor']));
  const loga = mul(min(neg(decayCurve(aRaw, sizes.decay)), floor), dt);
  const [normedB, normedC] = [normed(B, 'B_norm_w'), normed(C, 'C_norm_w')];
  const core = siso(
    input,
    {
      x: perHead(x),
      B: normedB,
      C: normedC,
      keyBias: unsqueeze(input('B_bias'), 1),
      queryBias: unsqueeze(input('C_bias'), 1),
      timeStep: dt,
      logDecay: loga,
      trapezoid: trap,
      angle: unsqueeze(angle, 2),
    },
    chunk,
  );
  const { y_gated } = core.gated(perHead(x), perHead(z));
  const parts = matmul(reshape(y_gated, [batch, length, heads * width]), transposeLast(input('W_out')));
  const { out, last } =
    chunk === undefined ? { out: parts, last: core.last } : productsBlock(input, vectors, chunk, sizes);
  return {
    outputs: { out, dt, loga, B_normed: normedB, C_normed: normedC, y_gated, ...last },
    carried: core.carried,
    loss: whole(chunk, () => reshape(reduceMean(square(sub(out, input('target'))), [0, 1, 2]), [])),
  };
};

interface BlockSizes {
  readonly heads: number;
  readonly width: number;
  readonly state: number;
  readonly angles: number;
  readonly decay: 'softplus' | 'heavyTail';
}

function blockSizes(vectors: VectorFile): BlockSizes {
  oneOf(vectors, 'n_groups', [1]);
  oneOf(vectors, 'A_floor', [-SLOWEST_DECAY]);
  const decay = oneOf(vectors, 'a_activation', ['softplus', 'heavy_tail']) === 'softplus' ? 'softplus' : 'heavyTail';
  const [heads, width, state, angles] = ['n_heads', 'head_dim', 'd_state', 'n_angles'].map((name) =>
    size(vectors, name),
  ) as [number, number, number, number];
  return { heads, width, state, angles, decay };
}

/** The parts of the joined projection along an axis, in the file's order. */
function cut(joined: Value, axis: number, { heads, width, state, angles }: BlockSizes) {
  const lengths = {
    z: heads * width,
    x: heads * width,
    B: state,
    C: state,
    dt: heads,
    A: heads,
    trap: heads,
    angle: angles,
  };
  let from = 0;
  const parts = Object.entries(lengths).map(([name, length]) => {
    from += length;
    return [name, slice(joined, axis, from - length, from)] as const;
  });
  return Object.fromEntries(parts) as Record<keyof typeof lengths, Value>;
}

/** The block that policies are made of, as `mamba3` builds it, with the file's weights: outputs and final states. */
function productsBlock(input: ReturnType<typeof given>, vectors: VectorFile, chunk: number, sizes: BlockSizes) {
  const { heads, width, state, angles, decay } = sizes;
  const dModel = size(vectors, 'd_model');
  const shape = { features: dModel, dModel, heads, headDim: width, stateDim: state, layers: 1, chunk };
  const kind = mamba3({ kind: 'mamba3', ...shape, angles, rank: 1, decay, horizons: [1] });
  const rows = cut(input('W_in'), 0, sizes);
  const byHead = (part: Value) => transposeLast(reshape(part, [heads, width, dModel]));
  const parameters: Named = {
    gate: byHead(rows.z),
    value: byHead(rows.x),
    key: transposeLast(rows.B),
    keyNorm: input('B_norm_w'),
    keyBias: unsqueeze(input('B_bias'), 1),
    query: transposeLast(rows.C),
    queryNorm: input('C_norm_w'),
    queryBias: unsqueeze(input('C_bias'), 1),
    timeStep: rows.dt,
    timeStepBias: reshape(input('dt_bias'), [heads, 1]),
    decay: rows.A,
    trapezoid: rows.trap,
    angle: transposeLast(rows.angle),
    skip: reshape(input('D'), [heads, 1, 1]),
    output: reshape(transposeLast(input('W_out')), [heads, width, dModel]),
  };
  const mixing = kind.sequence(input('u'));
  const states = [swapped(input('h0')), unsqueeze(input('k0'), 2), unsqueeze(input('v0'), 2), input('phi0')];
  const block = mixing.block(mixing.enter(input('u')), states, given(parameters));
  const [memory, key, value, phi] = block.states as [Value, Value, Value, Value];
  const last = { hT: swapped(memory), kT: squeeze(key, 2), vT: squeeze(value, 2), phiT: phi };
  return { out: mixing.leave(block.rows), last };
}

export const mamba3MimoCore: Build = (inputs, vectors, chunk) => {
  const input = given(inputs);
  /** (B, T, H, P) times one vector for each of R: (B, T, R, H, P) */
  const timesRank = (x: string, by: string) => mul(unsqueeze(input(x), 2), transpose(input(by), [1, 0, 2]));
  const out = coreOf(
    {
      values: timesRank('x', 'mimo_x'),
      keys: input('B'),
      queries: input('C'),
      keyBias: input('B_bias'),
      queryBias: input('C_bias'),
      timeStep: input('dt'),
      logDecay: input('loga'),
      trapezoid: input('trap_raw'),
      angle: input('angle_raw'),
      skip: reshape(input('D'), [size(vectors, 'n_heads'), 1, 1]),
      state: {
        memory: swapped(input('h0')),
        key: transpose(input('k0'), [0, 2, 1, 3]),
        value: transpose(input('v0'), [0, 2, 1, 3]),
        angle: input('phi0'),
      },
    },
    chunk,
  );
  const gated = mul(out.output, silu(timesRank('z', 'mimo_z')));
  const joined = squeeze(reduceSum(mul(gated, transpose(input('mimo_o'), [1, 0, 2])), [2]), 2);
  const { memory, key, value, angle } = out.state;
  const last = {
    hT: swapped(memory),
    kT: transpose(key, [0, 2, 1, 3]),
    vT: transpose(value, [0, 2, 1, 3]),
    phiT: angle as Value,
  };
  return {
    outputs: { y_out: joined, ...last },
    carried: { h0: last.hT, k0: last.kT, v0: last.vT, phi0: last.phiT },
    loss: undefined,
  };
};
