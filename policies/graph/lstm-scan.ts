/**
 * The LSTM's loop along the first axis, with a gradient written by hand: one Scan forward, one back.
 *
 * Gates stand in the order input, forget, cell, output. The input's share of the gates is computed outside, for all
 * steps at once; so is the recurrent weights' gradient, as one product.
 */
import type { Node, Value } from './graph.ts';
import type { OnnxNode } from './onnx.ts';
import {
  concat,
  matmul,
  mul,
  reshape,
  sigmoid,
  slice,
  split,
  sub,
  tanh,
  transposeLast,
  unsqueeze,
  zerosLike,
} from './ops.ts';
import { ScanBody, scanNode } from './scan-body.ts';
import { elements, fixedShape, formatShape, sameShape, shapeError } from './shape.ts';

export interface LstmScan {
  /** h after each step: (T, B, H). */
  readonly hidden: Value;
  /** After the last step: (B, H) each. */
  readonly finalHidden: Value;
  readonly finalCell: Value;
}

/**
 * @param hidden h before the first step: (B, H); `cell` likewise
 * @param gates the input's share of the gates, bias included: (T, B, 4 H)
 * @param weight of h in the gates: (H, 4 H)
 */
export function lstmScan(hidden: Value, cell: Value, weight: Value, gates: Value): LstmScan {
  const [steps, batch, width] = gates.shape;
  const size = hidden.shape[1];
  const fits =
    gates.shape.length === 3 &&
    typeof size === 'number' &&
    sameShape(hidden.shape, [batch as number, size]) &&
    sameShape(cell.shape, hidden.shape) &&
    width === 4 * size &&
    sameShape(weight.shape, [size, width]);
  if (!fits) {
    const shapes = [hidden, cell, weight, gates].map(({ shape }) => formatShape(shape));
    throw shapeError(
      `LstmScan: shapes do not fit (h ${shapes[0]}, c ${shapes[1]}, weight ${shapes[2]}, gates ${shapes[3]})`,
    );
  }
  const each = [steps, batch, size] as const;
  const all = [hidden.shape, hidden.shape, each, each, [steps, batch, width]] as Value['shape'][];
  // What the way back needs is put out by the way there: c after each step, and the gates before their curves.
  const [finalHidden, finalCell, after] = hidden.graph.applyMany('LstmScan', [hidden, cell, weight, gates], all);
  return { hidden: after as Value, finalHidden: finalHidden as Value, finalCell: finalCell as Value };
}

/**
 * With dh and dc the gradients behind a step: through h = o·tanh c, then c = f·c′ + i·g, then the gates' own curves. Of
 * all this only dh and dc go from step to step; what they are multiplied by is known for all steps at once.
 */
export function lstmScanRule(node: Node, ofOutputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const [hidden, cell, weight] = node.inputs as [Value, Value, Value, Value];
  const [finalHidden, finalCell, after, cells, gates] = node.outputs as [Value, Value, Value, Value, Value];
  const [ofHidden, ofCell, ofAfter] = ofOutputs;
  const size = Number(cell.shape[1]);
  const [i, f, g, o] = split(gates, 2, [size, size, size, size]) as [Value, Value, Value, Value];
  const [input, forget, candidate, output] = [sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)];
  const tanhCell = tanh(cells);
  const toCell = mul(output, ofTanh(tanhCell));
  const toGates = concat(
    [
      mul(candidate, ofSigmoid(input)),
      mul(entering(cell, cells), ofSigmoid(forget)),
      mul(input, ofTanh(candidate)),
      mul(tanhCell, ofSigmoid(output)),
    ],
    2,
  );
  const [toHidden, toInitial, ofGates] = weight.graph.applyMany(
    'LstmScanBack',
    [
      ofHidden ?? zerosLike(finalHidden),
      ofCell ?? zerosLike(finalCell),
      transposeLast(weight),
      ofAfter ?? zerosLike(after),
      toCell,
      forget,
      toGates,
    ],
    [finalHidden.shape, finalCell.shape, gates.shape],
  ) as [Value, Value, Value];
  const rows = (x: Value) => {
    const shape = fixedShape('LstmScan', x.shape);
    return reshape(x, [elements(shape.slice(0, 2)), shape[2] as number]);
  };
  return [toHidden, toInitial, matmul(transposeLast(rows(entering(hidden, after))), rows(ofGates)), ofGates];
}

/** A state as each step finds it, from the first one and those after each step. */
function entering(first: Value, after: Value): Value {
  return slice(concat([unsqueeze(first, 0), after], 0), 0, 0, Number(after.shape[0]));
}

/** Slope of a sigmoid, from its value. */
function ofSigmoid(value: Value): Value {
  return mul(value, sub(value.graph.scalar(1), value));
}

/** Slope of a tanh, from its value. */
function ofTanh(value: Value): Value {
  return sub(value.graph.scalar(1), mul(value, value));
}

export function lstmScanNode({ inputs: [hidden, cell, weight, gates], outputs }: Node): OnnxNode {
  const body = new ScanBody((outputs[0] as Value).name, (gates as Value).dtype);
  const mul = (a: string, b: string) => body.apply('Mul', [a, b]);
  const share = body.apply('MatMul', [body.name('hidden'), (weight as Value).name]);
  const whole = body.apply('Add', [body.name('gates'), share], {}, body.name('wholeGates'));
  const [i, f, g, o] = body.split(whole, 4) as [string, string, string, string];
  const [input, forget, output] = [i, f, o].map((gate) => body.apply('Sigmoid', [gate])) as [string, string, string];
  const kept = mul(forget, body.name('cell'));
  const next = body.apply('Add', [kept, mul(input, body.apply('Tanh', [g]))], {}, body.name('nextCell'));
  const after = body.apply('Mul', [output, body.apply('Tanh', [next])], {}, body.name('nextHidden'));
  body.apply('Identity', [after], {}, body.name('after'));
  body.apply('Identity', [next], {}, body.name('cells'));
  const state = (hidden as Value).shape;
  const row = (gates as Value).shape.slice(1);
  const graph = body.finish(
    [body.port('hidden', state), body.port('cell', state), body.port('gates', row)],
    [
      ...['nextHidden', 'nextCell', 'after', 'cells'].map((name) => body.port(name, state)),
      body.port('wholeGates', row),
    ],
  );
  // The body sees the weights where they are, outside: an input of the Scan would be a state or be cut into steps.
  return scanNode(graph, [hidden, cell, gates] as Value[], outputs, 2, false);
}

export function lstmScanBackNode({ inputs, outputs }: Node): OnnxNode {
  const [hidden, cell, transposed, after, toCell, forget, toGates] = inputs as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const body = new ScanBody((outputs[0] as Value).name, toGates.dtype);
  const ofHidden = body.apply('Add', [body.name('hidden'), body.name('ofAfter')]);
  const ofCell = body.apply('Add', [body.name('cell'), body.apply('Mul', [ofHidden, body.name('toCell')])]);
  const lastAxis = { axis: { kind: 'int', value: -1 } } as const;
  const behind = body.apply('Concat', [ofCell, ofCell, ofCell, ofHidden], lastAxis);
  const ofGates = body.apply('Mul', [behind, body.name('toGates')], {}, body.name('ofGates'));
  body.apply('MatMul', [ofGates, transposed.name], {}, body.name('nextHidden'));
  body.apply('Mul', [ofCell, body.name('forget')], {}, body.name('nextCell'));
  const state = hidden.shape;
  const row = toGates.shape.slice(1);
  const graph = body.finish(
    [
      ...['hidden', 'cell', 'ofAfter', 'toCell', 'forget'].map((name) => body.port(name, state)),
      body.port('toGates', row),
    ],
    [body.port('nextHidden', state), body.port('nextCell', state), body.port('ofGates', row)],
  );
  return scanNode(graph, [hidden, cell, after, toCell, forget, toGates], outputs, 2, true);
}
