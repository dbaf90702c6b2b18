/** Runs a graph once: for tests, and wherever a result is wanted and speed is not. */
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import type { Graph, Value } from './graph.ts';
import { serialise } from './serialise.ts';
import { elements, fixedShape, formatShape } from './shape.ts';

export interface Result {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * @param outputs values wanted, by name
 * @param feeds data of each input, by its name, row-major
 * @throws when an input's data has another length than its shape
 */
export function evaluate<Name extends string>(
  graph: Graph,
  outputs: Readonly<Record<Name, Value>>,
  feeds: Readonly<Record<string, ArrayLike<number>>> = {},
): Record<Name, Result> {
  const engine = new Engine(serialise(graph, outputs), { optimisation: graph.dtype === 'float64' ? 'basic' : 'all' });
  const wanted = new Set(engine.inputs.map((port) => port.name));
  const inputs = graph.inputs
    .filter((input) => wanted.has(input.name))
    .map((input) => {
      const shape = fixedShape('evaluate', input.shape);
      const given = feeds[input.name] ?? [];
      if (given.length !== elements(shape)) {
        throw new RangeError(
          `input "${input.name}": ${given.length} elements are given, ${formatShape(shape)} needs ${elements(shape)}`,
        );
      }
      const data = graph.dtype === 'float32' ? Float32Array.from(given) : Float64Array.from(given);
      return [input.name, tensor(data, shape)] as const;
    });
  const names = Object.keys(outputs) as Name[];
  const results = engine.run(Object.fromEntries(inputs), Object.fromEntries(names.map((name) => [name, null])));
  engine.dispose();
  return Object.fromEntries(
    names.map((name) => [name, { shape: results[name]?.dims, data: results[name]?.data }]),
  ) as Record<Name, Result>;
}
