/** Mamba-3's core in the axes of vector files, in the chunked form or, for one row, in the step form. */
import type { Value } from '../../graph/graph.ts';
import { add, mul, reshape, squeeze, unsqueeze } from '../../graph/ops.ts';
import { spread } from '../by-heads.ts';
import { mamba3Core } from '../mamba3.ts';
import { type CoreState, mamba3StepCore } from '../mamba3-step.ts';
import { headsFirst, intoChunks, joinRows, outOfChunks } from './axes.ts';
import type { Chunk } from './reference.ts';

/** Axes: B streams, T rows, R rank, H heads or 1, N state, P head, A angles. */
export interface FileCore {
  /** (B, T, R, H, P) */
  readonly values: Value;
  /** (B, T, R, H or 1, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** (H, R, N) both. */
  readonly keyBias: Value;
  readonly queryBias: Value;
  /** (B, T, H) each. */
  readonly timeStep: Value;
  readonly logDecay: Value;
  readonly trapezoid: Value;
  /** (B, T, H or 1, A) */
  readonly angle: Value;
  /** (H, 1, 1); undefined: 0. */
  readonly skip: Value | undefined;
  readonly state: CoreState;
}

interface FileCoreOutputs {
  /** (B, T, R, H, P) */
  readonly output: Value;
  /** Turned: (B, T, R, H, N) both. */
  readonly keys: Value;
  readonly queries: Value;
  /** (B, T, H) both. */
  readonly own: Value;
  readonly previous: Value;
  /** (B, T, H, A) */
  readonly angles: Value;
  readonly state: CoreState;
}

export function coreOf(core: FileCore, chunk: Chunk): FileCoreOutputs {
  return chunk === undefined ? inStep(core) : inChunks(core, chunk);
}

function inChunks(core: FileCore, chunk: number): FileCoreOutputs {
  const rank = core.values.shape[2] as number;
  const scalars = (x: Value) => intoChunks(x, chunk);
  const vectors = (x: Value) => joinRows(intoChunks(headsFirst(x), chunk));
  const apart = (x: Value) => {
    const joined = outOfChunks(x);
    const [batch, rows, ...rest] = joined.shape as [number, number, number, number];
    return reshape(joined, [batch, rows / rank, rank, ...rest]);
  };
  const out = mamba3Core({
    values: vectors(core.values),
    keys: vectors(core.keys),
    queries: vectors(core.queries),
    keyBias: core.keyBias,
    queryBias: core.queryBias,
    timeStep: scalars(core.timeStep),
    logDecay: scalars(core.logDecay),
    trapezoid: scalars(core.trapezoid),
    angle: scalars(core.angle),
    skip: core.skip === undefined ? undefined : spread(core.skip),
    rank,
    valid: undefined,
    state: core.state,
  });
  const { own, previous, angles, state } = out;
  return {
    output: apart(out.output),
    keys: apart(out.keys),
    queries: apart(out.queries),
    own: outOfChunks(own),
    previous: outOfChunks(previous),
    angles: outOfChunks(angles as Value),
    state,
  };
}

function inStep({ values, keys, queries, angle, skip, ...rest }: FileCore): FileCoreOutputs {
  const [batch, , rank, heads, width] = values.shape as [number, 1, number, number, number];
  const out = mamba3StepCore({
    ...rest,
    values: reshape(values, [batch, rank, heads * width]),
    keys: squeeze(keys, 1),
    queries: squeeze(queries, 1),
    angle: squeeze(angle, 1),
  });
  const read = reshape(out.output, values.shape);
  return {
    output: skip === undefined ? read : add(read, mul(values, squeeze(skip, -1))),
    keys: unsqueeze(out.keys, 1),
    queries: unsqueeze(out.queries, 1),
    own: out.own,
    previous: out.previous,
    angles: unsqueeze(out.state.angle as Value, 1),
    state: out.state,
  };
}
