/**
 * Operations that are one node here and several in the file: some that ONNX or the engine lacks, some that the engine is
 * slow at. One node here, because each has a gradient rule for the whole.
 */
import { int, type Node, type Value } from './graph.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx.ts';
import { RMS_EPSILON } from './ops.ts';
import { elements, type Shape } from './shape.ts';

type Dtype = Value['dtype'];

/** The nodes to write for one; undefined: the node as it is. */
export const inParts: Readonly<Record<string, (node: Node, dtype: Dtype) => OnnxNode[] | undefined>> = {
  Silu: silu,
  Rotate: rotate,
  ReduceSum: sumOfFirstAxes,
  // What the engine has in single precision only, or not well enough.
  Softplus: (node, dtype) => (dtype === 'float64' ? softplus(node) : undefined),
  RMSNormalization: (node, dtype) => (dtype === 'float64' ? rmsNorm(node) : undefined),
};

/** Collects the nodes of an operation; their names begin with its output's. */
export class Parts {
  readonly nodes: OnnxNode[] = [];
  readonly #output: string;
  readonly #dtype: Dtype;
  #named = 0;

  constructor({ outputs }: Node) {
    const [{ name, dtype }] = outputs as [Value];
    this.#output = name;
    this.#dtype = dtype;
  }

  /** @returns the name of its output */
  apply(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const output = this.#fresh();
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** The last: its output is the operation's. */
  end(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): OnnxNode[] {
    return [...this.nodes, { op, inputs, outputs: [this.#output], attributes }];
  }

  constant(shape: readonly number[], data: ArrayLike<number>): string {
    return this.#tensor(
      shape,
      this.#dtype,
      this.#dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data),
    );
  }

  lengths(values: readonly number[]): string {
    return this.#tensor([values.length], 'int64', BigInt64Array.from(values, BigInt));
  }

  #tensor(shape: readonly number[], dtype: Dtype, data: OnnxTensor['data']): string {
    const value = { name: this.#fresh(), dtype, shape, data };
    return this.apply('Constant', [], { value: { kind: 'tensor', value } });
  }

  #fresh(): string {
    return `${this.#output}_${this.#named++}`;
  }
}

/** ONNX has it from operator set 24 on. */
function silu(node: Node): OnnxNode[] {
  const parts = new Parts(node);
  const [x] = namesOf(node);
  return parts.end('Mul', [x, parts.apply('Sigmoid', [x])]);
}

/** In single precision one kernel turns rows; in double precision there is none. */
function rotate(node: Node, dtype: Dtype): OnnxNode[] {
  const parts = new Parts(node);
  const [x, angles] = namesOf(node);
  const [width, pairs] = node.inputs.map(({ shape }) => Number(shape.at(-1))) as [number, number];
  const cos = parts.apply('Cos', [angles]);
  const sine = parts.apply('Sin', [angles]);
  const sin = int(node.attributes['inverse']) === 1 ? parts.apply('Neg', [sine]) : sine;
  if (dtype === 'float64') {
    const placed = (name: string) => (sharedAngles(node) ? parts.apply('Unsqueeze', [name, parts.lengths([1])]) : name);
    return rotateByProducts(parts, x, placed(cos), placed(sin), width, pairs);
  }
  const attributes = {
    interleaved: { kind: 'int', value: 1 },
    rotary_embedding_dim: { kind: 'int', value: 2 * pairs },
  } as const;
  const { shape } = node.outputs[0] as Value;
  if (sharedAngles(node)) return parts.end('RotaryEmbedding', [x, cos, sin], attributes);
  const rows = parts.apply('Reshape', [x, parts.lengths([1, 1, -1, width])]);
  const each = (name: string) => parts.apply('Reshape', [name, parts.lengths([1, -1, pairs])]);
  const turned = parts.apply('RotaryEmbedding', [rows, each(cos), each(sin)], attributes);
  return parts.end('Reshape', [
    turned,
    oneUnknown(shape) ? parts.lengths(withUnknown(shape)) : parts.apply('Shape', [x]),
  ]);
}

/** The same for all of the rows' second axis, which is the kernel's axis of heads. */
export function sharedAngles({ inputs: [x, angles] }: Node): boolean {
  return x?.shape.length === 4 && angles?.shape.length === 3;
}

/** At most one length is known only when the graph runs: then a constant can say the shape. */
function oneUnknown(shape: Shape): boolean {
  return shape.filter((dim) => typeof dim === 'string').length <= 1;
}

function withUnknown(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === 'number' ? dim : -1));
}

/** x·cos + (x J)·sin, J a matrix that swaps and negates pairs. */
function rotateByProducts(parts: Parts, x: string, cos: string, sin: string, width: number, pairs: number): OnnxNode[] {
  const matrix = (rows: number, entry: (row: number, column: number) => number) =>
    parts.constant(
      [rows, width],
      Array.from({ length: rows * width }, (_, i) => entry(Math.floor(i / width), i % width)),
    );
  const spread = matrix(pairs, (pair, entry) => (entry >> 1 === pair ? 1 : 0));
  const still = matrix(1, (_, entry) => (entry < 2 * pairs ? 0 : 1));
  // (x₀, x₁) → (−x₁, x₀)
  const partner = matrix(width, (from, to) => (from >= 2 * pairs || (from ^ 1) !== to ? 0 : to % 2 === 0 ? -1 : 1));
  const kept = parts.apply('Mul', [x, parts.apply('Add', [parts.apply('MatMul', [cos, spread]), still])]);
  const swapped = parts.apply('Mul', [parts.apply('MatMul', [x, partner]), parts.apply('MatMul', [sin, spread])]);
  return parts.end('Add', [kept, swapped]);
}

/**
 * A sum over the first axes as a product with ones: the engine's kernel for such sums takes several times as long.
 * Undefined where it is another sum, or lengths are known too late to write it so.
 */
function sumOfFirstAxes(node: Node): OnnxNode[] | undefined {
  const { shape } = node.inputs[0] as Value;
  const summed = Array.from((node.inputs[1] as Value).data as BigInt64Array, Number);
  const lead = shape.slice(0, summed.length);
  if (summed.length === shape.length || !summed.every((axis) => axis < lead.length)) return undefined;
  const left = (node.outputs[0] as Value).shape;
  if (!lead.every((dim) => typeof dim === 'number') || !oneUnknown(left)) return undefined;
  const count = elements(lead);
  const parts = new Parts(node);
  const rows = parts.apply('Reshape', [namesOf(node)[0], parts.lengths([count, -1])]);
  const sum = parts.apply('MatMul', [parts.constant([1, count], new Array(count).fill(1)), rows]);
  return parts.end('Reshape', [sum, parts.lengths(withUnknown(left))]);
}

/** r + ln(e^−r + e^−l) with r = max(x, 0) and l = max(−x, 0), of which one is 0, so that nothing overflows. */
function softplus(node: Node): OnnxNode[] {
  const parts = new Parts(node);
  const [x] = namesOf(node);
  const right = parts.apply('Relu', [x]);
  const negatedLeft = parts.apply('Sub', [x, right]);
  const sum = parts.apply('Add', [
    parts.apply('Exp', [parts.apply('Neg', [right])]),
    parts.apply('Exp', [negatedLeft]),
  ]);
  return parts.end('Add', [right, parts.apply('Log', [sum])]);
}

/** The engine keeps this operation's epsilon in single precision, which shows in the tenth digit. */
function rmsNorm(node: Node): OnnxNode[] {
  const parts = new Parts(node);
  const [x, gain] = namesOf(node);
  const squares = parts.apply('Mul', [x, x]);
  const mean = parts.apply('ReduceMean', [squares, parts.lengths([-1])], { keepdims: { kind: 'int', value: 1 } });
  const length = parts.apply('Sqrt', [parts.apply('Add', [mean, parts.constant([], [RMS_EPSILON])])]);
  return parts.end('Mul', [parts.apply('Div', [x, length]), gain]);
}

function namesOf({ inputs }: Node): [string, string] {
  return inputs.map(({ name }) => name) as [string, string];
}
