import test from 'ava';
import { Random } from '../../runtime/random.ts';
import { deviation, estimate, leastMean, mean, rankCorrelation, signFlipP } from './significance.ts';

const draws = (seed: number, n: number, shift: number) => {
  const random = Random.of(seed, 'test');
  return Array.from({ length: n }, () => random.gaussian() + shift);
};

test('the interval covers the truth about as often as it says', (t) => {
  let covered = 0;
  for (let seed = 0; seed < 300; seed++) {
    const { low, high } = estimate(draws(seed, 30, 0.7), seed);
    if (low <= 0.7 && 0.7 <= high) covered++;
  }
  t.true(covered > 265 && covered < 298, `${covered} of 300`);
});

const below = test.macro((t, n: number, count: number) => {
  const trials = 20_000;
  const values = draws(7, trials * (n + count), 3);
  let found = 0;
  for (let trial = 0; trial < trials; trial++) {
    const [from, end] = [trial * (n + count), (trial + 1) * (n + count)];
    const known = values.slice(from, from + n);
    const least = leastMean({ mean: mean(known), deviation: deviation(known), n }, count);
    if (mean(values.slice(from + n, end)) < least) found++;
  }
  // Twenty are expected; all but one seed in ten thousand are within.
  t.true(found >= 6 && found <= 39, `${found} of ${trials}`);
});
test('further draws fall below the least mean once in a thousand times: one, after eight', below, 8, 1);
test('further draws fall below the least mean once in a thousand times: six, after sixteen', below, 16, 6);
test('no least mean is told from fewer than eight', (t) => {
  t.throws(() => leastMean({ mean: 1, deviation: 1, n: 7 }, 1), { instanceOf: RangeError });
});

test('under no effect, p is below 0.05 about one time in twenty', (t) => {
  let rejected = 0;
  for (let seed = 0; seed < 400; seed++) if (signFlipP(draws(seed, 10, 0), seed) <= 0.05) rejected++;
  t.true(rejected > 5 && rejected < 36, `${rejected} of 400`);
});

test('a clear effect is found, and a clear loss is not taken for one', (t) => {
  t.true(signFlipP(draws(1, 12, 2), 1) < 0.001);
  t.true(signFlipP(draws(1, 12, -2), 1) > 0.99);
  t.true(signFlipP(draws(1, 100, 1), 1) < 0.001);
});

test('exact p of three differences', (t) => {
  t.is(signFlipP([1, 2, 3], 0), 1 / 8);
  t.is(signFlipP([-1, 2, 3], 0), 2 / 8);
});

test('rank correlation: order only, ties shared', (t) => {
  t.is(rankCorrelation([1, 2, 3, 4], [1, 8, 27, 64]), 1);
  t.is(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]), -1);
  t.true(Math.abs(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]) - 0.9486832980505138) < 1e-12);
  t.is(rankCorrelation([1, 1, 1], [1, 2, 3]), Number.NaN);
});
