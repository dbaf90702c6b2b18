/**
 * The linear loop: h ← decay·h + input, along the first axis.
 *
 * It becomes an ONNX Scan. Its gradient is the same scan run backwards, so it stays linear in length in both directions
 * and needs no gradient through a loop's body.
 */
import { int, type Node, type Value } from './graph.ts';
import type { OnnxNode } from './onnx.ts';
import { ScanBody, scanNode } from './scan-body.ts';
import { broadcastShapes, formatShape, sameShape, shapeError } from './shape.ts';

export interface LinearScan {
  /** State before each step: the shape of `input`. */
  readonly entering: Value;
  /** State after the last step: the shape of `initial`. */
  readonly final: Value;
}

export interface ScanOptions {
  /** From the last step to the first; `entering` keeps the steps' order. */
  readonly reverse?: boolean;
  /** The state is an angle: whole turns are taken off after each step, so that it stays exact over any length. */
  readonly angle?: boolean;
}

/**
 * @param initial state before the first step
 * @param decay one factor a step on axis 0, then any shape that broadcasts to the state's
 * @param input what each step adds: (steps, …state)
 */
export function linearScan(initial: Value, decay: Value, input: Value, options: ScanOptions = {}): LinearScan {
  const state = initial.shape;
  const fits =
    sameShape(input.shape.slice(1), state) &&
    decay.shape[0] === input.shape[0] &&
    sameShape(broadcastShapes('LinearScan', decay.shape.slice(1), state), state);
  if (!fits) {
    const shapes = `state ${formatShape(state)}, decay ${formatShape(decay.shape)}, input ${formatShape(input.shape)}`;
    throw shapeError(`LinearScan: shapes do not fit (${shapes})`);
  }
  const [final, entering] = initial.graph.applyMany('LinearScan', [initial, decay, input], [state, input.shape], {
    reverse: { kind: 'int', value: options.reverse === true ? 1 : 0 },
    angle: { kind: 'int', value: options.angle === true ? 1 : 0 },
  }) as [Value, Value];
  return { entering, final };
}

/** The ONNX node for a LinearScan. */
export function linearScanNode({ inputs, outputs, attributes }: Node): OnnxNode {
  const [initial, decay, input] = inputs as [Value, Value, Value];
  const body = new ScanBody((outputs[0] as Value).name, initial.dtype);
  const sum = body.apply('Add', [body.apply('Mul', [body.name('state'), body.name('decay')]), body.name('input')]);
  if (int(attributes['angle']) === 1) {
    const turn = body.scalar(2 * Math.PI);
    const whole = body.apply('Round', [body.apply('Div', [sum, turn])]);
    body.apply('Sub', [sum, body.apply('Mul', [whole, turn])], {}, body.name('next'));
  } else body.apply('Identity', [sum], {}, body.name('next'));
  body.apply('Identity', [body.name('state')], {}, body.name('entering'));
  const { shape } = initial;
  const graph = body.finish(
    [body.port('state', shape), body.port('decay', decay.shape.slice(1)), body.port('input', input.shape.slice(1))],
    [body.port('next', shape), body.port('entering', shape)],
  );
  return scanNode(graph, inputs, outputs, 1, int(attributes['reverse']) === 1);
}
