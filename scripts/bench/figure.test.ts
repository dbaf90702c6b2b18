import test from 'ava';
import { figure, quantile } from './figure.ts';

test('a figure keeps the least, the middle and the most of its repeats, in any order', (t) => {
  t.deepEqual(figure('stepUs', [30, 10, 20]), { name: 'stepUs', min: 10, median: 20, max: 30, repeats: 3 });
});

test('four digits, whatever the size', (t) => {
  const { min, max } = figure('x', [0.000123456, 123456]);
  t.deepEqual([min, max], [0.0001235, 123500]);
});

test('a ratio is that of the medians', (t) => {
  const empty = figure('emptyUs', [1, 4, 100]);
  t.deepEqual(figure('stepUs', [2, 10, 11], empty).ratio, { to: 'emptyUs', median: 2.5 });
});

test('quantiles by rank; of nothing there is none', (t) => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.deepEqual(
    [quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)],
    [1, 51, 100, 100],
  );
  t.throws(() => quantile([], 0.5), { instanceOf: RangeError });
});
