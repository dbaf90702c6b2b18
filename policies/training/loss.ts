/** What a forecast costs, in nats a label, so that losses of both kinds can be read and compared. */
import type { Value } from '../graph/graph.ts';
import { add, div, exp, less, max, neg, scale, shift, square, sub, where } from '../graph/ops.ts';

/**
 * `gaussian`: negative log-likelihood of a normal distribution. `huber`: of the distribution that is normal within HUBER
 * deviations and falls off exponentially beyond, so that a jump pulls with a bounded force.
 */
export type LossKind = 'gaussian' | 'huber';

/** Deviations at which the force stops growing: 95 % as efficient as the mean where labels are normal (Huber 1964). */
export const HUBER = 1.345;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** ln of √(2π)·erf(HUBER / √2) + (2 / HUBER)·exp(−HUBER² / 2), the integral of exp(−ρ). */
const LOG_HUBER_INTEGRAL = 0.9785981945718368;

/** Nats of each label: the shape of `labels`. */
export function lossOf(kind: LossKind, labels: Value, mean: Value, logScale: Value): Value {
  const deviations = div(sub(labels, mean), exp(logScale));
  if (kind === 'gaussian') return shift(add(logScale, scale(square(deviations), 0.5)), HALF_LOG_TWO_PI);
  const size = max(deviations, neg(deviations));
  const near = less(size, size.graph.scalar(HUBER));
  const rho = where(near, scale(square(deviations), 0.5), shift(scale(size, HUBER), -0.5 * HUBER ** 2));
  return shift(add(logScale, rho), LOG_HUBER_INTEGRAL);
}
