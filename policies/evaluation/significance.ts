import { Random } from '../../runtime/random.ts';

export { rankCorrelation } from '../../runtime/drift/rank-correlation.ts';

export interface Estimate {
  readonly mean: number;
  /** Percentile bootstrap interval of the mean. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const RESAMPLES = 2000;

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean with a percentile bootstrap interval (Efron 1979), 95 % unless told; the seed makes it repeatable. */
export function estimate(values: readonly number[], seed: number, coverage = 0.95): Estimate {
  if (values.length === 0) throw new RangeError('an estimate needs at least one value');
  const random = Random.of(seed, 'bootstrap', values.length);
  const means = new Float64Array(RESAMPLES);
  for (let r = 0; r < RESAMPLES; r++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.integer(values.length)] as number;
    means[r] = sum / values.length;
  }
  means.sort();
  const tail = (1 - coverage) / 2;
  return {
    mean: mean(values),
    low: means[Math.floor(tail * RESAMPLES)] as number,
    high: means[Math.ceil((1 - tail) * RESAMPLES) - 1] as number,
    n: values.length,
  };
}

/**
 * One-sided p-value of "the mean of these paired differences is positive", by randomising their signs (Fisher 1935):
 * exact up to 16 differences, else from 20,000 seeded draws.
 */
export function signFlipP(differences: readonly number[], seed: number): number {
  const n = differences.length;
  const observed = differences.reduce((sum, value) => sum + value, 0);
  const exact = n <= 16;
  const draws = exact ? 2 ** n : 20_000;
  const random = Random.of(seed, 'sign-flip', n);
  let atLeast = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const flip = exact ? (draw >>> i) & 1 : random.u32() & 1;
      sum += flip === 1 ? -(differences[i] as number) : (differences[i] as number);
    }
    if (sum >= observed - 1e-9 * Math.abs(observed)) atLeast++;
  }
  return exact ? atLeast / draws : (atLeast + 1) / (draws + 1);
}
