/** One AdamW update as graph nodes, over one flat parameter vector. */
import type { Value } from './graph.ts';
import { add, div, min, mul, reduceSum, scale, shift, slice, sqrt, sub } from './ops.ts';

export interface AdamwSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of a weight that a step of learning rate 1 removes. */
  readonly weightDecay: number;
  /** The gradient is scaled down to this Euclidean norm where it is longer; undefined: never. */
  readonly clipNorm: number | undefined;
}

export interface AdamwState {
  /** Parameters, first and second moment: vectors of one length. */
  readonly theta: Value;
  readonly m: Value;
  readonly v: Value;
}

export interface AdamwStep extends AdamwState {
  /** Norm of the gradient before clipping, one element. */
  readonly gradientNorm: Value;
}

/**
 * @param gradient of the loss by `theta`
 * @param rates see `adamwRates`: learning rate and the two bias corrections, a vector of three
 * @param decayed 1 for each parameter that decays, 0 for the others
 */
export function adamw(
  { theta, m, v }: AdamwState,
  gradient: Value,
  rates: Value,
  decayed: Value,
  { beta1, beta2, epsilon, weightDecay, clipNorm }: AdamwSettings,
): AdamwStep {
  const [rate, correction1, correction2] = [0, 1, 2].map((i) => slice(rates, 0, i, i + 1)) as [Value, Value, Value];
  const gradientNorm = sqrt(reduceSum(mul(gradient, gradient), [0]));
  const clipped = clipNorm === undefined ? gradient : mul(gradient, clipFactor(gradientNorm, clipNorm));
  const nextM = add(scale(m, beta1), scale(clipped, 1 - beta1));
  const nextV = add(scale(v, beta2), scale(mul(clipped, clipped), 1 - beta2));
  const direction = div(mul(nextM, correction1), shift(sqrt(mul(nextV, correction2)), epsilon));
  const kept = sub(theta, mul(mul(theta, decayed), scale(rate, weightDecay)));
  return { theta: sub(kept, mul(direction, rate)), m: nextM, v: nextV, gradientNorm };
}

/** min(1, clipNorm / norm); the shift keeps a zero gradient finite. */
function clipFactor(norm: Value, clipNorm: number): Value {
  return min(div(norm.graph.constant([1], [clipNorm]), shift(norm, 1e-12)), norm.graph.constant([1], [1]));
}

/** The `rates` of update number `step`, counted from 1. */
export function adamwRates(learningRate: number, step: number, { beta1, beta2 }: AdamwSettings): number[] {
  return [learningRate, 1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
}
