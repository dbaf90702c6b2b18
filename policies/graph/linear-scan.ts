/**
 * The one loop: h ← decay·h + input, along the first axis.
 *
 * It becomes an ONNX Scan. Its gradient is the same scan run backwards, so it stays linear in length in both directions
 * and needs no gradient through a loop's body.
 */
import type { Value } from './graph.ts';
import type { OnnxGraph, OnnxNode, OnnxPort } from './onnx.ts';
import { broadcastShapes, formatShape, sameShape } from './shape.ts';

export interface LinearScan {
  /** State before each step: the shape of `input`. */
  readonly entering: Value;
  /** State after the last step: the shape of `initial`. */
  readonly final: Value;
}

/**
 * @param initial state before the first step
 * @param decay one factor a step on axis 0, then any shape that broadcasts to the state's
 * @param input what each step adds: (steps, …state)
 * @param reverse runs from the last step to the first; `entering` keeps the steps' order
 */
export function linearScan(initial: Value, decay: Value, input: Value, reverse = false): LinearScan {
  const state = initial.shape;
  const fits =
    sameShape(input.shape.slice(1), state) &&
    decay.shape[0] === input.shape[0] &&
    sameShape(broadcastShapes('LinearScan', decay.shape.slice(1), state), state);
  if (!fits) {
    const shapes = `state ${formatShape(state)}, decay ${formatShape(decay.shape)}, input ${formatShape(input.shape)}`;
    throw new RangeError(`LinearScan: shapes do not fit (${shapes})`);
  }
  const [final, entering] = initial.graph.applyMany('LinearScan', [initial, decay, input], [state, input.shape], {
    reverse: { kind: 'int', value: reverse ? 1 : 0 },
  }) as [Value, Value];
  return { entering, final };
}

/** The ONNX node for a LinearScan named by its values. */
export function scanNode(inputs: readonly Value[], outputs: readonly string[], reverse: boolean): OnnxNode {
  const [initial, decay, input] = inputs as [Value, Value, Value];
  const direction = reverse ? 1 : 0;
  return {
    op: 'Scan',
    inputs: inputs.map((value) => value.name),
    outputs,
    attributes: {
      body: { kind: 'graph', value: scanBody(initial, decay, input, outputs[0] as string) },
      num_scan_inputs: { kind: 'int', value: 2 },
      scan_input_directions: { kind: 'ints', value: [direction, direction] },
      scan_output_directions: { kind: 'ints', value: [direction] },
    },
  };
}

function scanBody(initial: Value, decay: Value, input: Value, prefix: string): OnnxGraph {
  const port = (name: string, value: Value, from: number): OnnxPort => ({
    name: `${prefix}_${name}`,
    dtype: value.dtype,
    shape: value.shape.slice(from),
  });
  const node = (op: string, inputs: string[], output: string): OnnxNode => ({
    op,
    inputs: inputs.map((name) => `${prefix}_${name}`),
    outputs: [`${prefix}_${output}`],
    attributes: {},
  });
  return {
    name: 'body',
    nodes: [
      node('Mul', ['state', 'decay'], 'kept'),
      node('Add', ['kept', 'input'], 'next'),
      node('Identity', ['state'], 'entering'),
    ],
    initialisers: [],
    inputs: [port('state', initial, 0), port('decay', decay, 1), port('input', input, 1)],
    outputs: [port('next', initial, 0), port('entering', initial, 0)],
  };
}
