/** Labels, split, scaler, schedule: what is made of a series before and while a model learns from it. */

import test from 'ava';
import fc from 'fast-check';
import { Batches } from './batches.ts';
import { maskFuture } from './future-mask.ts';
import { forwardReturns } from './labels.ts';
import { cutRows, joinRows } from './rows.ts';
import { fitScaler, scaleRows } from './scaler.ts';
import { learningRateAt } from './schedule.ts';
import { split, walkForward } from './split.ts';

test('a label is the forward return in volatility units, and the last rows have none', (t) => {
  const mid = Float64Array.from([10, 11, 13, 16]);
  const volatility = Float64Array.from([1, 2, 1, 2, 1, 2, 1, 2]);
  t.deepEqual(
    [...forwardReturns({ mid, volatility }, [1, 2])],
    [1, 1.5, 2, 2.5, 3, Number.NaN, Number.NaN, Number.NaN],
  );
});

test('a label reads no price beyond its horizon', (t) => {
  const mid = Float64Array.from({ length: 50 }, (_, i) => 100 + Math.sin(i));
  const volatility = new Float64Array(100).fill(1);
  const before = forwardReturns({ mid, volatility }, [3, 7]);
  mid[30] = 1e6;
  const after = forwardReturns({ mid, volatility }, [3, 7]);
  const changed = [...before.keys()].filter((i) => !Object.is(before[i], after[i]));
  t.deepEqual(changed, [23 * 2 + 1, 27 * 2, 30 * 2, 30 * 2 + 1]);
});

test('an unusable volatility or mid is refused', (t) => {
  const mid = Float64Array.from([1, 2]);
  t.throws(() => forwardReturns({ mid, volatility: Float64Array.from([1, 0]) }, [1]), { message: /decision 1 is 0/ });
  t.throws(() => forwardReturns({ mid, volatility: Float64Array.from([1]) }, [1]), {
    message: /exactly 2 are allowed/,
  });
  t.throws(() => forwardReturns({ mid: Float64Array.from([1, Number.NaN]), volatility: mid }, [1]), {
    message: /mid of decision 1 is NaN/,
  });
});

test('parts of a split lie apart by the embargo, in order, within the rows', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 5000 }), fc.integer({ min: 0, max: 20 }), (rows, embargo) => {
      const { training, validation, test: last } = split(rows, embargo, { training: 0.6, validation: 0.2 });
      t.is(training.from, 0);
      t.is(validation.from - training.to, embargo);
      t.is(last.from - validation.to, embargo);
      t.is(last.to, rows);
    }),
    { numRuns: 50, seed: 1 },
  );
  t.throws(() => split(100, 20, { training: 0.7, validation: 0.2 }), {
    message:
      'split: no validation rows are left of 100 with an embargo of 20; more rows, fewer folds or shorter horizons help',
  });
});

test('parts that could overlap are refused', (t) => {
  for (const embargo of [-20, 0.5, Number.NaN]) {
    const message = `split: an embargo of ${embargo} rows; a whole number from 0 is allowed`;
    t.throws(() => split(1000, embargo, { training: 0.6, validation: 0.2 }), { message });
    t.throws(() => walkForward(1000, embargo, 4), { message });
  }
  t.throws(() => walkForward(1000, 10, 0), { message: 'split: 0 folds; at least 1 is allowed' });
});

test('the rows of a part are its own, a segment that goes on begins with it', (t) => {
  const x = Float32Array.from({ length: 20 }, (_, i) => i);
  const rows = { features: 2, horizons: 1, x, y: x.subarray(10).map((value) => -value), segments: [0, 4, 8] };
  const cut = cutRows(rows, { from: 3, to: 8 });
  t.deepEqual([cut.segments, [...cut.x], [...cut.y]], [[0, 1], [...x.subarray(6, 16)], [-13, -14, -15, -16, -17]]);
  t.deepEqual(cutRows(rows, { from: 4, to: 10 }).segments, [0, 4]);
  t.throws(() => cutRows(rows, { from: 3, to: 11 }), { message: 'rows: [3, 11) is not within 10 rows' });
});

test('the scaler is the mean and deviation of the rows it was given', (t) => {
  const scaler = fitScaler(Float32Array.from([1, 1e6 + 1, 3, 1e6 + 5]), 2);
  t.deepEqual(scaler, { mean: [2, 1e6 + 3], deviation: [1, 2], clip: 6 });
  t.deepEqual([...scaleRows(Float32Array.from([4, 1e6 - 1, 100, 1e6 + 3]), scaler)], [2, -2, 6, 0]);
  t.true(fitScaler(Float32Array.from([5, 5]), 1).deviation[0] > 0, 'a constant feature has a deviation to divide by');
  t.throws(() => fitScaler(Float32Array.from([1, Number.NaN]), 1), { message: /row 1, feature 0 is NaN/ });
  t.throws(() => fitScaler(new Float32Array(3), 2), { message: /3 values are no whole number of rows of 2/ });
});

test('the learning rate warms up to its peak and falls to a tenth', (t) => {
  const rates = Array.from({ length: 1000 }, (_, step) => learningRateAt(step, 1000, 2));
  t.is(rates[99], 2);
  t.true(rates[0] > 0 && rates[0] < 0.03);
  t.true(Math.abs((rates[999] as number) - 0.2) < 0.001);
  t.is(learningRateAt(0, 1, 2), 2, 'a run of one step has a rate');
});

test('joined series keep their rows, a segment each', (t) => {
  const series = (rows: number, value: number) => ({
    x: new Float32Array(2 * rows).fill(value),
    y: new Float32Array(rows).fill(-value),
  });
  const joined = joinRows([series(2, 1), series(0, 9), series(3, 2)], 2, 1);
  t.deepEqual(joined.segments, [0, 2]);
  t.deepEqual([...joined.x], [1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
  t.deepEqual([...joined.y], [-1, -1, -2, -2, -2]);
});

test('going forward, each part is tested on what follows what it was trained on, with an embargo between', (t) => {
  const folds = walkForward(1000, 10, 4);
  t.deepEqual(
    folds.map(({ test: part }) => [part.from, part.to]),
    [
      [510, 625],
      [635, 750],
      [760, 875],
      [885, 1000],
    ],
  );
  for (const { training, validation, test: tested } of folds) {
    t.is(training.from, 0);
    t.is(validation.from, training.to + 10);
    t.is(tested.from, validation.to + 10);
  }
  t.throws(() => walkForward(100, 60, 4), { message: /no validation rows are left of 50 with an embargo of 60/ });
});

test('a window knows nothing beyond its mask, whatever stands there', (t) => {
  const value = fc.oneof(fc.float({ noNaN: true }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 24, maxLength: 24 }),
      fc.array(value, { minLength: 24, maxLength: 24 }),
      fc.integer({ min: 0, max: 6 }),
      (past, future, known) => {
        // Six rows of three features and one label.
        const masked = (after: readonly number[]) => {
          const features = Float32Array.from({ length: 18 }, (_, i) => (i < 3 * known ? past : after)[i] as number);
          const labels = Float32Array.from({ length: 6 }, (_, i) => (i < known ? past : after)[18 + i] as number);
          maskFuture({ features, labels }, 6, known);
          return [...new Uint32Array(features.buffer), ...new Uint32Array(labels.buffer)];
        };
        t.deepEqual(masked(past), masked(future));
        const kept = masked(past).slice(0, 3 * known);
        t.deepEqual(kept, [...new Uint32Array(Float32Array.from(past).buffer)].slice(0, 3 * known));
      },
    ),
    { numRuns: 100 },
  );
});

test('no batch tells anything of the rows behind a segment', (t) => {
  const rowsWith = (after: number) => {
    const x = Float32Array.from({ length: 40 }, (_, row) => (row < 20 ? 1 + row : after * row));
    return { features: 1, horizons: 1, x, y: x.map((value) => value / 2), segments: [0, 20] };
  };
  const [a, b] = [1000, -1000].map((after) => new Batches(rowsWith(after), { batch: 8, length: 24 }, 3)) as [
    Batches,
    Batches,
  ];
  let compared = 0;
  for (let step = 0; step < 20; step++) {
    const [one, other] = [a.fill(step), b.fill(step)];
    for (let window = 0; window < 8; window++) {
      const first = one.features[24 * window];
      if (!(first >= 1 && first <= 20)) continue;
      compared++;
      for (const key of ['features', 'labels'] as const) {
        t.deepEqual(one[key].slice(24 * window, 24 * (window + 1)), other[key].slice(24 * window, 24 * (window + 1)));
      }
    }
  }
  t.true(compared > 20);
});
