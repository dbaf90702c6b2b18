/**
 * A dataflow graph under construction: values, and the nodes that make them, in the order they were made.
 *
 * Nodes are only ever appended, so creation order is a topological order; `serialise.ts` and `backward.ts` rely on it.
 */
import type { Dim, Dtype, OnnxAttribute, TensorData } from './onnx.ts';
import { elements, formatShape, type Shape, shapeError } from './shape.ts';

/** One tensor in the graph. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** The node that makes it; undefined for inputs and constants. */
  readonly node: Node | undefined;
  /** The data of a constant. */
  readonly data: TensorData | undefined;
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Taken when the node was made; `placeBuilt` turns it into a line. */
  readonly built: Error;
}

export type FloatDtype = 'float32' | 'float64';

/** Longer constants are not compared with earlier ones: they are hardly ever equal. */
const LONGEST_SHARED_CONSTANT = 64;

export class Graph {
  /** Type of every value that is neither an index nor a condition. */
  readonly dtype: FloatDtype;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  #named = 0;
  #constants = new Map<string, Value>();

  constructor(dtype: FloatDtype = 'float32') {
    this.dtype = dtype;
  }

  /** @throws when there is an input of that name */
  input(name: string, shape: Shape, dtype: Dtype = this.dtype): Value {
    if (this.inputs.some((input) => input.name === name)) throw shapeError(`input: there is a "${name}" already`);
    const value: Value = { graph: this, name, dtype, shape, node: undefined, data: undefined };
    this.inputs.push(value);
    return value;
  }

  /** A constant tensor, row-major. Equal unnamed constants are one value. */
  constant(shape: readonly number[], data: ArrayLike<number>, name?: string): Value {
    if (data.length !== elements(shape)) {
      throw shapeError(
        `constant: ${formatShape(shape)} holds ${elements(shape)} elements, but ${data.length} are given`,
      );
    }
    const typed = this.dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data);
    return this.#intern(this.dtype, shape, typed, name);
  }

  scalar(value: number): Value {
    return this.constant([], [value]);
  }

  /** A vector of integers, for shapes and axes. */
  indices(values: readonly number[]): Value {
    return this.#intern('int64', [values.length], BigInt64Array.from(values, BigInt), undefined);
  }

  /** Appends a node with one output. */
  apply(
    op: string,
    inputs: readonly Value[],
    shape: readonly Dim[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    dtype: Dtype = this.dtype,
  ): Value {
    return this.applyMany(op, inputs, [shape], attributes, dtype)[0] as Value;
  }

  /** Appends a node with several outputs. @throws when an input belongs to another graph. */
  applyMany(
    op: string,
    inputs: readonly Value[],
    shapes: readonly Shape[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    dtype: Dtype = this.dtype,
  ): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this) throw shapeError(`${op}: input "${input.name}" belongs to another graph`);
    }
    const outputs: Value[] = [];
    const node: Node = { op, inputs, outputs, attributes, built: new Error() };
    for (const shape of shapes) {
      outputs.push({ graph: this, name: `_v${this.#named++}`, dtype, shape, node, data: undefined });
    }
    this.nodes.push(node);
    return outputs;
  }

  #intern(dtype: Dtype, shape: readonly number[], data: TensorData, name: string | undefined): Value {
    const shareable = name === undefined && data.length <= LONGEST_SHARED_CONSTANT;
    const key = shareable ? `${dtype}[${shape}]${data.join()}` : '';
    const known = shareable ? this.#constants.get(key) : undefined;
    if (known !== undefined) return known;
    const value: Value = { graph: this, name: name ?? `_c${this.#named++}`, dtype, shape, node: undefined, data };
    if (shareable) this.#constants.set(key, value);
    return value;
  }
}

/** An attribute that is a whole number; 0 where there is none. */
export function int(attribute: OnnxAttribute | undefined): number {
  return attribute?.kind === 'int' ? attribute.value : 0;
}
