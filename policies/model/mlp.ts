/** The MLP block: the baseline without a memory, a gated one, so that it differs from the others by its memory alone. */
import type { MlpModel } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { matmul, mul, silu } from '../graph/ops.ts';
import { type Kind, type Mixing, matrix } from './mixing.ts';

export function mlp({ dModel, hidden, layers }: MlpModel): Kind {
  const rows: Mixing = {
    enter: (x) => x,
    leave: (x) => x,
    block: (x: Value, _states, parameter) => ({
      rows: matmul(mul(matmul(x, parameter('value')), silu(matmul(x, parameter('gate')))), parameter('output')),
      states: [],
    }),
  };
  return {
    parameters: [
      matrix('gate', [dModel, hidden], dModel),
      matrix('value', [dModel, hidden], dModel),
      matrix('output', [hidden, dModel], hidden, 1 / Math.sqrt(layers)),
    ],
    states: [],
    sequence: () => rows,
    step: () => rows,
  };
}
