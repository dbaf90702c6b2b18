/**
 * One block where an MLP was: rows of `dModel` in, rows of `dModel` out, (B, T, dModel), in the graph that the rows are
 * part of, and so on the execution provider that runs it.
 */
import type { Mamba3Model, ModelConfig, SsdModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, rmsNorm } from '../graph/ops.ts';
import { formatShape } from '../graph/shape.ts';
import { kindOf } from './kinds.ts';
import { type Parameters, zeros } from './mixing.ts';

/** Sizes of a block as someone asks for them; what is left out takes its usual value. */
export interface BlockRequest {
  readonly kind: 'ssd' | 'mamba3';
  readonly dModel: number;
  readonly heads?: number;
  /** @default 64 */
  readonly headDim?: number;
  /** @default 64 */
  readonly stateDim?: number;
  /** @default 32 */
  readonly chunk?: number;
  /** Pairs that turn. @default a quarter of stateDim */
  readonly angles?: number;
  /** @default 1 */
  readonly rank?: number;
  readonly decay?: Mamba3Model['decay'];
  /** A size that is not supported is refused instead of replaced. */
  readonly strict?: boolean;
}

export type BlockConfig = SsdModel | Mamba3Model;

/** Larger states have not been tried, and a chunk beyond this makes the products within it quadratic in earnest. */
const LARGEST = { heads: 64, headDim: 256, stateDim: 256, chunk: 256, rank: 8 } as const;

/**
 * A config that works from one that may not: each size that is no whole number within bounds falls back to its usual
 * value, and `log` is told which and why.
 * @throws RangeError with all reasons when `strict`, and always when dModel is unusable: nothing could stand in for it
 */
export function blockConfig(request: BlockRequest, log: (reason: string) => void = () => {}): BlockConfig {
  const { kind, dModel, strict = false } = request;
  if (!Number.isInteger(dModel) || dModel < 1) {
    throw new RangeError(`block: dModel is ${dModel}, a whole number from 1 is required`);
  }
  const reasons: string[] = [];
  const within = (name: string, asked: number | undefined, usual: number, least: number, most: number): number => {
    if (asked === undefined || (Number.isInteger(asked) && asked >= least && asked <= most)) return asked ?? usual;
    reasons.push(`${name} is ${asked}, ${least} to ${most} are allowed; ${usual} is taken`);
    return usual;
  };
  const heads = within('heads', request.heads, 1, 1, LARGEST.heads);
  const headDim = within('headDim', request.headDim, 64, 1, LARGEST.headDim);
  const stateDim = within('stateDim', request.stateDim, 64, 1, LARGEST.stateDim);
  const chunk = within('chunk', request.chunk, 32, 1, LARGEST.chunk);
  const sizes = { features: dModel, dModel, heads, headDim, stateDim, layers: 1, chunk, horizons: [1] };
  const { horizons, ...stateSpace } = sizes;
  let config: BlockConfig = { kind: 'ssd', ...stateSpace, horizons };
  if (kind === 'mamba3') {
    const angles = within('angles', request.angles, Math.floor(stateDim / 4), 0, Math.floor(stateDim / 2));
    const rank = within('rank', request.rank, 1, 1, LARGEST.rank);
    config = { kind, ...stateSpace, angles, rank, decay: request.decay ?? 'softplus', horizons };
  }
  if (strict && reasons.length > 0) throw new RangeError(`block: ${reasons.join('; ')}`);
  for (const reason of reasons) log(reason);
  return config;
}

/**
 * Rows through a normed residual block, (B, T, dModel) → the same shape. The series begin with empty states.
 * @param parameter the block's parameters by name (`kindOf(config).parameters`) and `norm`
 */
export function residualBlock(rows: Value, config: ModelConfig, parameter: Parameters): Value {
  const [streams, , width] = rows.shape;
  if (rows.shape.length !== 3 || width !== config.dModel || typeof streams !== 'number') {
    throw new RangeError(`block: rows are ${formatShape(rows.shape)}, (B, T, ${config.dModel}) is required`);
  }
  const kind = kindOf(config);
  const mixing = kind.sequence(rows);
  const states = kind.states.map((shape) => zeros(rows.graph, [streams, ...shape]));
  const inner = mixing.enter(rmsNorm(rows, parameter('norm')));
  return add(rows, mixing.leave(mixing.block(inner, states, parameter).rows));
}
