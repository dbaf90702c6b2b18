/** The plain block, written once more, with one thing wrong: what the gate ssd-vs-lstm has to find. */
import type { Value } from '../../policies/graph/graph.ts';
import { add, min, mul, neg, pad, silu, slice, softplus } from '../../policies/graph/ops.ts';
import { collect, project, scalars, spread } from '../../policies/model/by-heads.ts';
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

/** @param rows (B, K, Q, dModel), none of them padding */
function block(rows: Value, memory: Value, parameter: Parameters, defect: Defect) {
  const timeStep = softplus(add(scalars(rows, parameter('timeStep')), spread(parameter('timeStepBias'))));
  const rate = min(neg(softplus(scalars(rows, parameter('decay')))), rows.graph.scalar(-1e-4));
  const value = project(rows, parameter('value'));
  const scanned = chunkedScan({
    values: value,
    keys: add(project(rows, parameter('key')), parameter('keyBias')),
    queries: add(project(rows, parameter('query')), parameter('queryBias')),
    logDecay: mul(timeStep, defect === 'decay sign' ? neg(rate) : rate),
    own: timeStep,
    previous: undefined,
    skip: undefined,
    rank: 1,
    state: { memory },
  });
  const read = defect === 'off-by-one state' ? late(scanned.output) : scanned.output;
  const mixed = add(read, mul(value, spread(parameter('skip'))));
  const gated = defect === 'missing gate' ? mixed : mul(mixed, silu(project(rows, parameter('gate'))));
  return { rows: collect(gated, parameter('output')), states: [scanned.memory] };
}

/** Each row of a chunk, (H, B, K, Q, P), reads what the one before it should have read. */
function late(x: Value): Value {
  return pad(slice(x, 3, 0, Number(x.shape[3]) - 1), 3, 1, 0);
}
