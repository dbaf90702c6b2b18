/**
 * A state that takes in a few rows, one after the other: h ← exp(g_t)·h + k_tᵀ v_t, o_t = q_t·h, by stream and head.
 *
 * In single precision it is one kernel of the engine, its `LinearAttention` by the rule "gated": the state is read and written
 * once, however many rows it takes in. In double precision the engine has none, and it is written in parts. It has no gradient:
 * a series is trained on in chunks.
 */
import type { Node, Value } from './graph.ts';
import type { OnnxNode } from './onnx.ts';
import { Parts } from './parts.ts';
import { formatShape, sameShape, shapeError } from './shape.ts';

export interface LinearAttention {
  /** o: (S, T, H·P). */
  readonly output: Value;
  /** h after the last row: (S, H, N, P). */
  readonly memory: Value;
}

export interface LinearAttentionInputs {
  /** (S, T, G·N) both: of G groups of heads, each of which shares its own; G divides H. */
  readonly queries: Value;
  readonly keys: Value;
  /** (S, T, H·P) */
  readonly values: Value;
  /** h before the first row: (S, H, N, P). */
  readonly memory: Value;
  /** g ≤ 0: (S, T, H). */
  readonly logDecay: Value;
}

/** The engine's own operations, beside ONNX's. */
const ENGINE = 'com.microsoft';

/** @throws RangeError naming the shapes when they do not fit; the number of rows must be known */
export function linearAttention({ queries, keys, values, memory, logDecay }: LinearAttentionInputs): LinearAttention {
  const [streams, heads, state, width] = memory.shape as [Value['shape'][0], number, number, number];
  const [, rows] = values.shape;
  const groups = Number(keys.shape[2]) / state;
  const fits =
    typeof rows === 'number' &&
    sameShape(values.shape, [streams, rows, heads * width]) &&
    sameShape(logDecay.shape, [streams, rows, heads]) &&
    sameShape(keys.shape, [streams, rows, groups * state]) &&
    sameShape(queries.shape, keys.shape) &&
    heads % groups === 0;
  if (!fits) {
    const shapes = Object.entries({ queries, keys, values, memory, logDecay });
    const named = shapes.map(([name, { shape }]) => `${name} ${formatShape(shape)}`).join(', ');
    throw shapeError(`LinearAttention: shapes do not fit (${named})`);
  }
  const inputs = [queries, keys, values, memory, logDecay];
  const [output, after] = memory.graph.applyMany('LinearAttention', inputs, [values.shape, memory.shape], {
    q_num_heads: { kind: 'int', value: groups },
    kv_num_heads: { kind: 'int', value: heads },
  }) as [Value, Value];
  return { output, memory: after };
}

/** The nodes to write for one. */
export function linearAttentionNodes(node: Node): OnnxNode[] {
  const [output, memory] = node.outputs as [Value, Value];
  if (memory.dtype === 'float64') return inPlainOperations(node);
  return [
    {
      op: 'LinearAttention',
      domain: ENGINE,
      inputs: node.inputs.map(({ name }) => name),
      outputs: [output.name, memory.name],
      attributes: {
        ...node.attributes,
        scale: { kind: 'float', value: 1 },
        update_rule: { kind: 'text', value: 'gated' },
      },
    },
  ];
}

function inPlainOperations(node: Node): OnnxNode[] {
  const parts = new Parts(node);
  const [queries, keys, values, before, logDecay] = node.inputs as [Value, Value, Value, Value, Value];
  const [, heads, state, width] = before.shape as [unknown, number, number, number];
  const [, rows, joined] = keys.shape as [unknown, number, number];
  const groups = joined / state;
  const each = heads / groups;
  const row = (x: Value, t: number, shape: readonly number[]) => {
    const bounds = [[t], [t + 1], [1]].map((values) => parts.lengths(values));
    return parts.apply('Reshape', [parts.apply('Slice', [x.name, ...bounds]), parts.lengths([-1, ...shape])]);
  };
  // Groups and the heads of a group are axes of their own, so that a group's keys and queries meet all of its heads.
  let memory = parts.apply('Reshape', [before.name, parts.lengths([-1, groups, each, state, width])]);
  const outputs: string[] = [];
  for (let t = 0; t < rows; t++) {
    const kept = parts.apply('Mul', [memory, parts.apply('Exp', [row(logDecay, t, [groups, each, 1, 1])])]);
    const written = parts.apply('Mul', [row(keys, t, [groups, 1, state, 1]), row(values, t, [groups, each, 1, width])]);
    memory = parts.apply('Add', [kept, written]);
    const read = parts.apply('MatMul', [row(queries, t, [groups, 1, 1, state]), memory]);
    outputs.push(parts.apply('Reshape', [read, parts.lengths([-1, 1, heads * width])]));
  }
  const [output, after] = node.outputs as [Value, Value];
  const byHeads = parts.lengths([-1, heads, state, width]);
  return [
    ...parts.nodes,
    { op: 'Concat', inputs: outputs, outputs: [output.name], attributes: { axis: { kind: 'int', value: 1 } } },
    { op: 'Reshape', inputs: [memory, byHeads], outputs: [after.name], attributes: {} },
  ];
}
