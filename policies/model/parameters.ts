/**
 * A model's parameters as one flat vector: which stands where, and how a new one begins.
 *
 * Flat, because the optimiser, evolution's mutations, checkpoints and digests all want one vector; names and shapes are
 * needed only where a graph is built.
 */
import type { ModelConfig } from '../../runtime/contract.ts';
import { Random } from '../../runtime/random.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { elements } from '../graph/shape.ts';
import { kindOf } from './kinds.ts';
import { constant, matrix, type ParameterKind, type Parameters } from './mixing.ts';

/** Weights of one model: `values` is laid out as `parameterLayout(config)` says. */
export interface Weights {
  readonly config: ModelConfig;
  readonly values: Float32Array;
}

export interface Parameter extends ParameterKind {
  /** Where it begins in the flat vector, elements. */
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Elements of the flat vector. */
  readonly size: number;
}

export function parameterLayout(config: ModelConfig): ParameterLayout {
  const { features, dModel, layers, horizons } = config;
  const inputs = [matrix('input.weight', [features, dModel], features), constant('input.bias', [dModel], 0)];
  const block = [constant('norm', [dModel], 1), ...kindOf(config).parameters];
  const named = (layer: number) => block.map((kind) => ({ ...kind, name: `layer${layer}.${kind.name}` }));
  // A small gain, so that an untrained model forecasts next to nothing.
  const head = (part: string) => [
    matrix(`head.${part}.weight`, [dModel, horizons.length], dModel, 0.1),
    constant(`head.${part}.bias`, [horizons.length], 0),
  ];
  const kinds = [
    ...inputs,
    ...Array.from({ length: layers }, (_, layer) => named(layer)).flat(),
    constant('head.norm', [dModel], 1),
    ...head('mean'),
    ...head('logScale'),
  ];
  let offset = 0;
  const parameters = kinds.map((kind) => {
    const size = elements(kind.shape);
    offset += size;
    return { ...kind, offset: offset - size, size };
  });
  return { parameters, size: offset };
}

/** Untrained weights; the same seed and config give the same bits. */
export function initialWeights(config: ModelConfig, seed: number): Weights {
  const { parameters, size } = parameterLayout(config);
  const values = new Float32Array(size);
  for (const { name, offset, size: count, draw } of parameters) {
    const random = Random.of(seed, 'weights', name);
    for (let i = 0; i < count; i++) values[offset + i] = draw(random, i);
  }
  return { config, values };
}

/** @throws RangeError when the vector does not fit the config. */
export function assertFits({ config, values }: Weights): void {
  const { size } = parameterLayout(config);
  if (values.length !== size) {
    throw new RangeError(`weights: ${values.length} values are given, the model's config needs exactly ${size}`);
  }
}

/** The weights as constants of a graph. */
export function constantParameters(graph: Graph, weights: Weights): Parameters {
  assertFits(weights);
  const values = new Map(
    parameterLayout(weights.config).parameters.map(({ name, shape, offset, size }) => [
      name,
      graph.constant(shape, weights.values.subarray(offset, offset + size), name),
    ]),
  );
  return (name) => found(values, name);
}

export function found(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the model has no parameter "${name}"`);
  return value;
}
