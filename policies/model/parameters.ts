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

/** Weights of one model: `values` is laid out as `parameterLayout(config)` says. */
export interface Weights {
  readonly config: ModelConfig;
  readonly values: Float32Array;
}

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it begins in the flat vector, elements. */
  readonly offset: number;
  readonly size: number;
  /** Whether weight decay applies: to matrices, never to biases, gains, the time step's bias or the skip. */
  readonly decays: boolean;
  /** Its initial value at `index`. */
  readonly draw: (random: Random, index: number) => number;
}

export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Elements of the flat vector. */
  readonly size: number;
}

/** Looks a parameter up by name when a graph is built. */
export type Parameters = (name: string) => Value;

const SMALLEST_TIME_STEP = 1e-3;
const LARGEST_TIME_STEP = 0.1;

export function parameterLayout(config: ModelConfig): ParameterLayout {
  const { features, dModel, heads, headDim, stateDim, layers, horizons } = config;
  const parameters: Parameter[] = [];
  let size = 0;
  const put = (name: string, shape: number[], decays: boolean, draw: Parameter['draw']) => {
    const count = elements(shape);
    parameters.push({ name, shape, offset: size, size: count, decays, draw });
    size += count;
  };
  const matrix = (name: string, shape: number[], fanIn: number, gain = 1) =>
    put(name, shape, true, (random) => (gain * random.gaussian()) / Math.sqrt(fanIn));
  const constant = (name: string, shape: number[], value: number) => put(name, shape, false, () => value);

  matrix('input.weight', [features, dModel], features);
  constant('input.bias', [dModel], 0);
  for (let layer = 0; layer < layers; layer++) {
    const named = (name: string) => `layer${layer}.${name}`;
    constant(named('norm'), [dModel], 1);
    matrix(named('gate'), [heads, dModel, headDim], dModel);
    matrix(named('value'), [heads, dModel, headDim], dModel);
    matrix(named('key'), [dModel, stateDim], dModel);
    constant(named('keyBias'), [stateDim], 1);
    matrix(named('query'), [dModel, stateDim], dModel);
    constant(named('queryBias'), [stateDim], 1);
    matrix(named('timeStep'), [heads, dModel], dModel);
    put(named('timeStepBias'), [heads, 1], false, (random, head) => timeStepBias((head + random.float()) / heads));
    matrix(named('decay'), [heads, dModel], dModel);
    constant(named('skip'), [heads, 1, 1], 1);
    matrix(named('output'), [heads, headDim, dModel], heads * headDim, 1 / Math.sqrt(layers));
  }
  constant('head.norm', [dModel], 1);
  // A small gain, so that an untrained model forecasts next to nothing.
  for (const part of ['mean', 'logScale']) {
    matrix(`head.${part}.weight`, [dModel, horizons.length], dModel, 0.1);
    constant(`head.${part}.bias`, [horizons.length], 0);
  }
  return { parameters, size };
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

/** The bias whose softplus is the time step at `quantile` of the log-uniform distribution over [1e-3, 0.1]. */
function timeStepBias(quantile: number): number {
  const step = SMALLEST_TIME_STEP * (LARGEST_TIME_STEP / SMALLEST_TIME_STEP) ** quantile;
  return step + Math.log(-Math.expm1(-step));
}
