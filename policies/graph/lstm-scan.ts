/**
 * The LSTM's loop along the first axis, with a gradient written by hand: one Scan forward, one back.
 *
 * Gates stand in the order input, forget, cell, output. The input's share of the gates is computed outside, for all
 * steps at once; so is the recurrent weights' gradient, as one product.
 */
import type { Node, Value } from './graph.ts';
import type { OnnxNode } from './onnx.ts';
import { matmul, reshape, transposeLast, zerosLike } from './ops.ts';
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
  const all = [hidden.shape, hidden.shape, each, each, each, [steps, batch, width]] as Value['shape'][];
  // What the way back needs is put out by the way there: h and c entering each step, and the gates as activated.
  const [finalHidden, finalCell, after] = hidden.graph.applyMany('LstmScan', [hidden, cell, weight, gates], all);
  return { hidden: after as Value, finalHidden: finalHidden as Value, finalCell: finalCell as Value };
}

export function lstmScanRule(node: Node, ofOutputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const [, , weight, gates] = node.inputs as [Value, Value, Value, Value];
  const [finalHidden, finalCell, after, enteringHidden, enteringCell, activated] = node.outputs as Value[] as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const [ofHidden, ofCell, ofAfter] = ofOutputs;
  const back = weight.graph.applyMany(
    'LstmScanBack',
    [
      ofHidden ?? zerosLike(finalHidden),
      ofCell ?? zerosLike(finalCell),
      transposeLast(weight),
      ofAfter ?? zerosLike(after),
      enteringCell,
      activated,
    ],
    [finalHidden.shape, finalCell.shape, gates.shape],
  );
  const [toHidden, toCell, toGates] = back as [Value, Value, Value];
  const rows = (x: Value) => {
    const shape = fixedShape('LstmScan', x.shape);
    return reshape(x, [elements(shape.slice(0, 2)), shape[2] as number]);
  };
  return [toHidden, toCell, matmul(transposeLast(rows(enteringHidden)), rows(toGates)), toGates];
}

export function lstmScanNode({ inputs: [hidden, cell, weight, gates], outputs }: Node): OnnxNode {
  const body = new ScanBody((outputs[0] as Value).name, (gates as Value).dtype);
  const mul = (a: string, b: string) => body.apply('Mul', [a, b]);
  const share = body.apply('MatMul', [body.name('hidden'), (weight as Value).name]);
  const [i, f, g, o] = body.split(body.apply('Add', [body.name('gates'), share]), 4) as [
    string,
    string,
    string,
    string,
  ];
  const [input, forget, output] = [i, f, o].map((gate) => body.apply('Sigmoid', [gate])) as [string, string, string];
  const candidate = body.apply('Tanh', [g]);
  const next = body.apply('Add', [mul(forget, body.name('cell')), mul(input, candidate)], {}, body.name('nextCell'));
  const after = body.apply('Mul', [output, body.apply('Tanh', [next])], {}, body.name('nextHidden'));
  body.apply('Identity', [after], {}, body.name('after'));
  body.apply('Identity', [body.name('hidden')], {}, body.name('enteringHidden'));
  body.apply('Identity', [body.name('cell')], {}, body.name('enteringCell'));
  const lastAxis = { axis: { kind: 'int', value: -1 } } as const;
  body.apply('Concat', [input, forget, candidate, output], lastAxis, body.name('activated'));
  const state = (hidden as Value).shape;
  const row = (gates as Value).shape.slice(1);
  const graph = body.finish(
    [body.port('hidden', state), body.port('cell', state), body.port('gates', row)],
    [
      ...['nextHidden', 'nextCell', 'after', 'enteringHidden', 'enteringCell'].map((name) => body.port(name, state)),
      body.port('activated', row),
    ],
  );
  // The body sees the weights where they are, outside: an input of the Scan would be a state or be cut into steps.
  return scanNode(graph, [hidden, cell, gates] as Value[], outputs, 2, false);
}

/** With dh and dc the gradients behind a step: through h = o·tanh c, then c = f·c′ + i·g, then the gates' own curves. */
export function lstmScanBackNode({ inputs, outputs }: Node): OnnxNode {
  const [hidden, cell, transposed, after, enteringCell, activated] = inputs as Value[] as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const body = new ScanBody((outputs[0] as Value).name, activated.dtype);
  const one = body.scalar(1);
  const mul = (a: string, b: string) => body.apply('Mul', [a, b]);
  const add = (a: string, b: string) => body.apply('Add', [a, b]);
  const curve = (sigmoid: string) => mul(sigmoid, body.apply('Sub', [one, sigmoid]));
  const flat = (tanh: string) => body.apply('Sub', [one, mul(tanh, tanh)]);
  const [i, f, g, o] = body.split(body.name('activated'), 4) as [string, string, string, string];
  const before = body.name('enteringCell');
  const tanhCell = body.apply('Tanh', [add(mul(f, before), mul(i, g))]);
  const toHidden = add(body.name('hidden'), body.name('ofAfter'));
  const toCell = add(body.name('cell'), mul(mul(toHidden, o), flat(tanhCell)));
  const lastAxis = { axis: { kind: 'int', value: -1 } } as const;
  const toGates = body.apply(
    'Concat',
    [
      mul(mul(toCell, g), curve(i)),
      mul(mul(toCell, before), curve(f)),
      mul(mul(toCell, i), flat(g)),
      mul(mul(toHidden, tanhCell), curve(o)),
    ],
    lastAxis,
    body.name('toGates'),
  );
  body.apply('MatMul', [toGates, transposed.name], {}, body.name('nextHidden'));
  body.apply('Mul', [toCell, f], {}, body.name('nextCell'));
  const state = hidden.shape;
  const row = activated.shape.slice(1);
  const graph = body.finish(
    [
      body.port('hidden', state),
      body.port('cell', state),
      body.port('ofAfter', state),
      body.port('enteringCell', state),
      body.port('activated', row),
    ],
    [body.port('nextHidden', state), body.port('nextCell', state), body.port('toGates', row)],
  );
  return scanNode(graph, [hidden, cell, after, enteringCell, activated], outputs, 2, true);
}
