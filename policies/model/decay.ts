/** How fast a row lets the state decay. */
import type { Mamba3Model } from '../../runtime/contract.ts';
import type { Value } from '../graph/graph.ts';
import { add, div, min, mul, neg, relu, shift, softplus } from '../graph/ops.ts';

/** Decay rates are at least this far below zero. */
export const SLOWEST_DECAY = -1e-4;

/** ln α of each row and head. @param decay what the row says, in the time step's shape */
export function logDecayOf(decay: Value, timeStep: Value, curve: Mamba3Model['decay']): Value {
  const rate = min(neg(decayCurve(decay, curve)), decay.graph.scalar(SLOWEST_DECAY));
  return mul(timeStep, rate);
}

/** From what a row says to how fast the state decays, above 0. */
export function decayCurve(x: Value, curve: Mamba3Model['decay']): Value {
  if (curve === 'softplus') return softplus(x);
  // 1 + x from 0 on, 1 / (1 − x) below.
  return add(relu(x), div(x.graph.scalar(1), shift(relu(neg(x)), 1)));
}
