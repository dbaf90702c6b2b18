/** The LSTM block: the baseline with a memory. Gates in the order input, forget, cell, output. */
import type { LstmModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { lstmScan } from '../graph/lstm-scan.ts';
import { add, matmul, mul, sigmoid, slice, tanh, transpose } from '../graph/ops.ts';
import { type BlockOutputs, constant, type Kind, matrix, type Parameters } from './mixing.ts';

export function lstm({ dModel, hidden, layers }: LstmModel): Kind {
  return {
    parameters: [
      matrix('input', [dModel, 4 * hidden], dModel),
      matrix('recurrent', [hidden, 4 * hidden], hidden),
      {
        name: 'bias',
        shape: [4 * hidden],
        decays: false,
        // The forget gate begins open, or nothing is remembered long enough to be learned from.
        draw: (_, index) => (index >= hidden && index < 2 * hidden ? 1 : 0),
      },
      matrix('output', [hidden, dModel], hidden, 1 / Math.sqrt(layers)),
      constant('outputBias', [dModel], 0),
    ],
    states: [[hidden], [hidden]],
    sequence: () => ({ enter: byTime, leave: byTime, block: lstmSequence }),
    step: () => ({ enter: (x) => x, leave: (x) => x, block: lstmStep }),
  };
}

/** (B, T, ·) ↔ (T, B, ·) */
function byTime(x: Value): Value {
  return transpose(x, [1, 0, 2]);
}

function lstmSequence(rows: Value, [h, c]: readonly Value[], parameter: Parameters): BlockOutputs {
  const gates = add(matmul(rows, parameter('input')), parameter('bias'));
  const { hidden, finalHidden, finalCell } = lstmScan(h as Value, c as Value, parameter('recurrent'), gates);
  return { rows: projected(hidden, parameter), states: [finalHidden, finalCell] };
}

function lstmStep(rows: Value, [h, c]: readonly Value[], parameter: Parameters): BlockOutputs {
  const states = lstmCell(rows, h as Value, c as Value, parameter);
  return { rows: projected(states[0], parameter), states };
}

/** One row of each stream. @returns h and c after it */
export function lstmCell(rows: Value, h: Value, c: Value, parameter: Parameters): [Value, Value] {
  const share = matmul(h, parameter('recurrent'));
  const gates = add(add(matmul(rows, parameter('input')), parameter('bias')), share);
  const size = Number(c.shape[1]);
  const part = (i: number) => slice(gates, 1, i * size, (i + 1) * size);
  const next = add(mul(sigmoid(part(1)), c), mul(sigmoid(part(0)), tanh(part(2))));
  return [mul(sigmoid(part(3)), tanh(next)), next];
}

function projected(x: Value, parameter: Parameters): Value {
  return add(matmul(x, parameter('output')), parameter('outputBias'));
}
