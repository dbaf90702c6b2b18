import test from 'ava';
import { Random } from '../../runtime/random.ts';
import { estimate, rankCorrelation, signFlipP } from './significance.ts';

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
