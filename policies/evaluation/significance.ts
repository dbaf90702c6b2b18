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

/** Standard deviation of a sample, of two values or more. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** What was found in a sample. */
export interface Sample {
  readonly mean: number;
  readonly deviation: number;
  readonly n: number;
}

/** Student's t that one value in a thousand exceeds, by degrees of freedom; between two rows the smaller one's is safe. */
const T_OF_ONE_IN_A_THOUSAND: readonly (readonly [degrees: number, t: number])[] = [
  [7, 4.785],
  [8, 4.501],
  [9, 4.297],
  [10, 4.144],
  [12, 3.93],
  [15, 3.733],
  [20, 3.552],
  [31, 3.375],
];

/** Values without which nothing so rare can be told. */
export const PREDICTION_MIN = 8;

/**
 * The mean of `count` further draws falls below this once in a thousand times: the lower end of Student's prediction
 * interval. A share of a draw counts as one that varies more.
 * @throws RangeError below `PREDICTION_MIN` values
 */
export function leastMean({ mean, deviation, n }: Sample, count: number): number {
  const row = T_OF_ONE_IN_A_THOUSAND.findLast(([degrees]) => degrees <= n - 1);
  if (row === undefined) throw new RangeError(`a prediction needs at least ${PREDICTION_MIN} values, there are ${n}`);
  return mean - row[1] * deviation * Math.sqrt(1 / count + 1 / n);
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
