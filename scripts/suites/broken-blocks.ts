/** The plain block, written once more, with one thing wrong: what the gate ssd-vs-lstm has to find. */
import type { Value } from '../../policies/graph/graph.ts';
import {
  add,
  matmul,
  min,
  mul,
  neg,
  pad,
  reduceSum,
  silu,
  slice,
  softplus,
  squeeze,
  transposeLast,
  unsqueeze,
} from '../../policies/graph/ops.ts';
import { kindOf } from '../../policies/model/kinds.ts';
import type { Kind, Parameters } from '../../policies/model/mixing.ts';
import { chunkedScan } from '../../policies/model/scan.ts';
import type { ModelConfig } from '../../runtime/contract.ts';

export type Defect = 'none' | 'decay sign' | 'off-by-one state' | 'missing gate';

export function brokenBlock(config: ModelConfig, defect: Defect): Kind {
  const kind = kindOf(config);
  return {
    ...kind,
    sequence: (features) => ({
      ...kind.sequence(features),
      block: (rows, [memory], parameter) => block(rows, memory as Value, parameter, defect),
    }),
  };
}

/** @param rows (K, B, Q, dModel), none of them padding */
function block(rows: Value, memory: Value, parameter: Parameters, defect: Defect) {
  const perHead = unsqueeze(rows, 2);
  const columns = transposeLast(rows);
  const value = matmul(perHead, parameter('value'));
  const timeStep = softplus(add(matmul(parameter('timeStep'), columns), parameter('timeStepBias')));
  const rate = min(neg(softplus(matmul(parameter('decay'), columns))), rows.graph.scalar(-1e-4));
  const scanned = chunkedScan({
    values: mul(value, unsqueeze(timeStep, -1)),
    keys: add(matmul(perHead, parameter('key')), parameter('keyBias')),
    queries: add(matmul(perHead, parameter('query')), parameter('queryBias')),
    logDecay: mul(timeStep, defect === 'decay sign' ? neg(rate) : rate),
    own: undefined,
    previous: undefined,
    rank: 1,
    state: { memory },
  });
  const read = defect === 'off-by-one state' ? late(scanned.output) : scanned.output;
  const mixed = add(read, mul(value, parameter('skip')));
  const gated = defect === 'missing gate' ? mixed : mul(mixed, silu(matmul(perHead, parameter('gate'))));
  const output = squeeze(reduceSum(matmul(gated, parameter('output')), [2]), 2);
  return { rows: output, states: [scanned.memory] };
}

/** Each row of a chunk, (K, B, H, Q, P), reads what the one before it should have read. */
function late(x: Value): Value {
  return pad(slice(x, 3, 0, Number(x.shape[3]) - 1), 3, 1, 0);
}
