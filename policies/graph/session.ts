/** Runs a graph on plain arrays: for tests, and wherever a result is wanted and speed is not. */
import { Engine, type EngineOptions, tensor } from '../../runtime/inference/engine.ts';
import type { Graph, Value } from './graph.ts';
import { serialise } from './serialise.ts';
import { elements, fixedShape, formatShape } from './shape.ts';

export interface Result {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** A compiled graph; call `dispose` when it is of no more use. */
export interface Compiled<Name extends string> {
  run(feeds?: Readonly<Record<string, ArrayLike<number>>>): Record<Name, Result>;
  dispose(): void;
}

/**
 * Makes an engine of a graph, to be run many times.
 *
 * @param outputs values wanted, by name
 */
export function compile<Name extends string>(
  graph: Graph,
  outputs: Readonly<Record<Name, Value>>,
  options: EngineOptions = { optimisation: graph.dtype === 'float64' ? 'basic' : 'all' },
): Compiled<Name> {
  const engine = new Engine(serialise(graph, outputs), options);
  const wanted = new Set(engine.inputs.map((port) => port.name));
  const inputs = graph.inputs.filter((input) => wanted.has(input.name));
  const names = Object.keys(outputs) as Name[];
  const fetches = Object.fromEntries(names.map((name) => [name, null]));
  const run: Compiled<Name>['run'] = (feeds = {}) => {
    const tensors = inputs.map((input) => [input.name, fed(graph, input, feeds[input.name] ?? [])] as const);
    const results = engine.run(Object.fromEntries(tensors), fetches);
    return Object.fromEntries(
      names.map((name) => [name, { shape: results[name]?.dims, data: results[name]?.data }]),
    ) as Record<Name, Result>;
  };
  return { run, dispose: () => engine.dispose() };
}

/**
 * Runs a graph once.
 *
 * @param outputs values wanted, by name
 * @param feeds data of each input, by its name, row-major
 * @throws when an input's data has another length than its shape
 */
export function evaluate<Name extends string>(
  graph: Graph,
  outputs: Readonly<Record<Name, Value>>,
  feeds: Readonly<Record<string, ArrayLike<number>>> = {},
): Record<Name, Result> {
  const compiled = compile(graph, outputs);
  const results = compiled.run(feeds);
  compiled.dispose();
  return results;
}

function fed(graph: Graph, input: Value, given: ArrayLike<number>) {
  const shape = fixedShape('evaluate', input.shape);
  if (given.length !== elements(shape)) {
    throw new RangeError(
      `input "${input.name}": ${given.length} elements are given, ${formatShape(shape)} needs ${elements(shape)}`,
    );
  }
  return tensor(graph.dtype === 'float32' ? Float32Array.from(given) : Float64Array.from(given), shape);
}
