/** Cut in time: what comes later changes nothing of what is trained on, and no label reaches into the next part. */
import test from 'ava';
import type { SeenSeries } from '../evaluation/dataset.ts';
import { folds, heldRows, whole } from './stretch.ts';

const INTERVAL = 250_000;
const HORIZONS = [2, 10];
const cutting = { decisionIntervalUs: INTERVAL, horizons: HORIZONS };
const EMBARGO_US = 10 * INTERVAL;

/** @param from first decision of a symbol that comes late */
function series(symbol: string, decisions: number, from = 0, bentFrom = decisions): SeenSeries {
  const rows = Array.from({ length: decisions - from }, (_, i) => from + i);
  return {
    symbol,
    rows: Float32Array.from(rows.flatMap((i) => [i, i < bentFrom ? 1 : -7])),
    timeUs: Float64Array.from(rows, (i) => 1e12 + i * INTERVAL),
    midTicks: Float64Array.from(rows, (i) => 1000 + (i < bentFrom ? i % 5 : 900)),
    unitTicks: Float64Array.from(rows.flatMap(() => HORIZONS.map(() => 2))),
  };
}

const timesOf = (part: readonly SeenSeries[]) => part.flatMap(({ timeUs }) => [...timeUs]);

test('parts follow each other an embargo apart, for every symbol, also one that comes late or has gaps', (t) => {
  const late = series('LATE', 1000, 420);
  const stretches = [[series('A', 1000), late], [series('B', 600)]];
  const found = folds(stretches, cutting, 3);
  t.is(found.length, 3);
  for (const { training, validation, test: tested } of found) {
    for (const symbols of [['A', 'LATE'], ['B']]) {
      const [trained, held, judged] = [training, validation, tested].map((part) =>
        timesOf(part.filter(({ symbol }) => symbols.includes(symbol))),
      ) as [number[], number[], number[]];
      t.true(trained.length > 0 && held.length > 0 && judged.length > 0);
      t.true(Math.min(...held) - Math.max(...trained) >= EMBARGO_US);
      t.true(Math.min(...judged) - Math.max(...held) >= EMBARGO_US);
    }
  }
  const { training, validation } = whole(stretches, cutting);
  t.true(
    Math.min(...timesOf(validation.filter(({ symbol }) => symbol === 'A'))) >
      Math.max(...timesOf(training.filter(({ symbol }) => symbol === 'A'))),
  );
});

test('what comes later changes nothing of what is trained on, held back or tested on before it', (t) => {
  const [first] = folds([[series('A', 1000)]], cutting, 2);
  const last = Math.max(...timesOf(first?.test ?? []));
  const bentFrom = (last - 1e12) / INTERVAL + 1;
  const [bent] = folds([[series('A', 1000, 0, bentFrom)]], cutting, 2);
  t.deepEqual(bent, first);
  t.notDeepEqual(folds([[series('A', 1000, 0, bentFrom)]], cutting, 2)[1], folds([[series('A', 1000)]], cutting, 2)[1]);
});

test('no label reaches beyond its part', (t) => {
  const [fold] = folds([[series('A', 1000)]], cutting, 2);
  const scaler = { mean: [0, 0], deviation: [1, 1], clip: 1e6 };
  const { y } = heldRows(fold?.validation ?? [], scaler, cutting);
  const unknown = (horizon: number) => HORIZONS.indexOf(horizon);
  const tail = (horizon: number) => [...y].filter((_, i) => i % 2 === unknown(horizon)).slice(-horizon - 1);
  for (const horizon of HORIZONS) {
    t.deepEqual(tail(horizon).map(Number.isNaN), [false, ...Array.from({ length: horizon }, () => true)]);
  }
});

test('a market too short is refused, naming what is missing', (t) => {
  t.throws(() => folds([[series('A', 60)]], cutting, 4), {
    message: /no (validation|test) rows are left of \d+ with an embargo of 10/,
  });
  t.throws(() => folds([[]], cutting, 1), { message: /rows are left of 0/ });
  const scaler = { mean: [0, 0], deviation: [1, 1], clip: 6 };
  t.throws(() => heldRows([series('A', 9)], scaler, cutting), {
    message:
      "data set: the longest series held back has 9 decisions, more than the longest horizon's 10 are needed; a longer market, fewer folds or shorter horizons help",
  });
});
