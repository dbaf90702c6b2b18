import test from 'ava';
import { Batches } from './batches.ts';
import type { Rows } from './rows.ts';

/** One feature that is the row's number, one label that is its negative. */
function numbered(count: number, segments: number[]): Rows {
  const x = Float32Array.from({ length: count }, (_, row) => row);
  return { features: 1, horizons: 1, x, y: x.map((row) => -row), segments };
}

test('no window crosses a segment, and every row is drawn', (t) => {
  const segments = [0, 30, 37, 80];
  const batches = new Batches(numbered(100, segments), { batch: 4, length: 16 }, 1);
  const seen = new Set<number>();
  for (let step = 0; step < 200; step++) {
    const { features, labels, weights } = batches.fill(step);
    for (let window = 0; window < 4; window++) {
      const rows = features.subarray(window * 16, window * 16 + 16);
      const real = rows.filter((_, i) => (weights[window * 16 + i] as number) > 0);
      const segmentOf = (row: number) => segments.findLastIndex((start) => start <= row);
      real.forEach((row, i) => {
        t.is(row, (real[0] as number) + i);
        t.is(segmentOf(row), segmentOf(real[0] as number));
        t.is(labels[window * 16 + i], -row);
        seen.add(row);
      });
      // Only the segment of seven rows is shorter than a window.
      t.is(real.length, segmentOf(real[0] as number) === 1 ? 7 : 16);
    }
  }
  t.is(seen.size, 100);
});

test('unknown labels have no weight, and the known weigh 1 together', (t) => {
  const rows = numbered(64, [0]);
  rows.y.fill(Number.NaN, 40);
  const { labels, weights } = new Batches(rows, { batch: 2, length: 64 }, 1).fill(0);
  t.true(labels.every(Number.isFinite));
  t.is(weights.filter((weight) => weight > 0).length, 80);
  t.true(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-6);
});

test('a batch depends on seed and step only', (t) => {
  const draw = (seed: number, step: number, before: number[]) => {
    const batches = new Batches(numbered(500, [0]), { batch: 4, length: 8 }, seed);
    for (const earlier of before) batches.fill(earlier);
    return [...batches.fill(step).features];
  };
  t.deepEqual(draw(1, 5, [0, 1, 2]), draw(1, 5, []));
  t.notDeepEqual(draw(1, 5, []), draw(1, 6, []));
  t.notDeepEqual(draw(1, 5, []), draw(2, 5, []));
});
