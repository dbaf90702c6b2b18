/**
 * Tensor parallelism: one layer's block cut by heads, so that several devices compute it together.
 *
 * Keys, queries and angles are shared by the heads, so every shard has them; all else stands head by head. Each shard's
 * block takes the same rows, and the sum of what the shards give is what the whole block gives.
 */
import type { Mamba3Model, SsdModel } from '../../runtime/contract.ts';
import type { Weights } from './parameters.ts';
import { parameterLayout } from './parameters.ts';

type StateSpaceModel = SsdModel | Mamba3Model;

/** The joined projection of a row in its order, [z, x, B, C, dt, A, trapezoid, angle]. */
export const PROJECTION = ['gate', 'value', 'key', 'query', 'timeStep', 'decay', 'trapezoid', 'angle'] as const;
const SHARED = new Set(['norm', 'key', 'query', 'angle', 'keyNorm', 'queryNorm']);

export interface Shard {
  /** The same model with its share of the heads. */
  readonly config: StateSpaceModel;
  /** Each parameter of the layer's block by its name there, row-major. */
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>;
}

/**
 * The part of a layer's block that device `rank` of `world` computes.
 * @throws RangeError when the heads cannot be shared out evenly, or there is no such rank or layer
 */
export function shardProjection(weights: Weights, layer: number, rank: number, world: number): Shard {
  const { config } = weights;
  if (config.kind !== 'ssd' && config.kind !== 'mamba3') {
    throw new RangeError(`shardProjection: a model of kind ${config.kind} has no heads, ssd and mamba3 have`);
  }
  if (!Number.isInteger(world) || world < 1 || config.heads % world !== 0) {
    throw new RangeError(`shardProjection: ${config.heads} heads do not go into ${world} equal parts`);
  }
  if (!Number.isInteger(rank) || rank < 0 || rank >= world) {
    throw new RangeError(`shardProjection: there is no rank ${rank} among ${world}, 0 to ${world - 1} are`);
  }
  if (!Number.isInteger(layer) || layer < 0 || layer >= config.layers) {
    throw new RangeError(`shardProjection: there is no layer ${layer} among ${config.layers}`);
  }
  const prefix = `layer${layer}.`;
  const own = parameterLayout(config).parameters.filter(({ name }) => name.startsWith(prefix));
  const parameters = own.map(({ name, shape, offset, size }) => {
    const short = name.slice(prefix.length);
    // The plain block's biases of keys and queries are shared, those of Mamba-3 stand head by head.
    const perHead =
      !SHARED.has(short) && shape[0] === config.heads && !(config.kind === 'ssd' && short.endsWith('yBias'));
    const share = perHead ? size / world : size;
    const from = offset + (perHead ? rank * share : 0);
    const part = perHead ? shape.with(0, config.heads / world) : shape;
    return [short, { shape: part, values: weights.values.slice(from, from + share) }] as const;
  });
  return { config: { ...config, heads: config.heads / world }, parameters: Object.fromEntries(parameters) };
}

/**
 * The layer's one projection as a matrix, dModel × all of its outputs, in the order of `PROJECTION`: what one device
 * would multiply a row with.
 */
export function joinedProjection({ config, parameters }: Shard): {
  readonly shape: readonly [number, number];
  readonly values: Float32Array;
} {
  const { dModel } = config;
  const parts = PROJECTION.flatMap((name) => {
    const part = parameters[name];
    if (part === undefined) return [];
    // (H, dModel, P) is H matrices of dModel × P; (dModel, N) is one; (H, dModel) is H of one column each.
    const columns = SHARED.has(name) || part.shape.length === 3 ? (part.shape.at(-1) as number) : 1;
    const matrices = part.values.length / (dModel * columns);
    return Array.from({ length: matrices }, (_, i) => ({
      columns,
      values: part.values.subarray(i * dModel * columns, (i + 1) * dModel * columns),
    }));
  });
  const width = parts.reduce((sum, { columns }) => sum + columns, 0);
  const joined = new Float32Array(dModel * width);
  let from = 0;
  for (const { columns, values } of parts) {
    for (let row = 0; row < dModel; row++) {
      joined.set(values.subarray(row * columns, (row + 1) * columns), row * width + from);
    }
    from += columns;
  }
  return { shape: [dModel, width], values: joined };
}
