import test from 'ava';
import fc from 'fast-check';
import type { DepthColumn } from '../history.ts';
import { binDepth, columnAt, type HeatMap, heightOf, strength } from './heat-map.ts';

const level = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 1000 }), fc.constant(0));
const column = fc.record({
  timeUs: fc.nat(),
  midHalfTicks: fc.constant(null),
  bids: fc.array(level, { maxLength: 10 }),
  asks: fc.array(level, { maxLength: 10 }),
});
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('no lot is lost or counted twice, and rows stay within what is asked', (t) => {
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 96 }),
      (columns, mostRows) => {
        const map = binDepth(columns, mostRows);
        const lots = (side: 'bids' | 'asks') => sum(columns.flatMap((each) => each[side].map(([, all]) => all)));
        if (map === undefined) {
          t.is(lots('bids') + lots('asks'), 0);
          return;
        }
        t.true(map.rows <= mostRows);
        t.is(sum(map.bidLots), lots('bids'));
        t.is(sum(map.askLots), lots('asks'));
      },
    ),
  );
});

const book: DepthColumn = {
  timeUs: 100,
  midHalfTicks: 203,
  bids: [
    [101, 4, 1],
    [100, 7, 0],
  ],
  asks: [[102, 5, 2]],
};

test('a price lies in the row of its tick', (t) => {
  const map = binDepth([book], 96) as HeatMap;
  t.like(map, { rows: 3, ticksPerRow: 1, lowTicks: 100 });
  t.deepEqual([...map.bidLots], [7, 4, 0]);
  t.deepEqual([...map.askLots], [0, 0, 5]);
  t.deepEqual([...map.ownLots], [0, 1, 2]);
  t.is(heightOf(map, 2 * 101), 0.5, 'the middle of the middle row');
  t.is(heightOf(map, 203), 2 / 3, 'a mid between two rows');
  const coarse = binDepth([book], 2) as HeatMap;
  t.like(coarse, { rows: 2, ticksPerRow: 2 });
  t.deepEqual([...coarse.bidLots], [11, 0]);
});

test('nothing to draw without a level', (t) => {
  t.is(binDepth([], 96), undefined);
  t.is(binDepth([{ ...book, bids: [], asks: [] }], 96), undefined);
});

test('strength grows with size and is full from the full size on', (t) => {
  t.is(strength(0, 50), 0);
  t.true(strength(5, 50) < strength(20, 50));
  t.is(strength(50, 50), 1);
  t.is(strength(5000, 50), 1);
});

test('a fill belongs to the last column that is not after it', (t) => {
  const columns = [100, 200, 300].map((timeUs) => ({ ...book, timeUs }));
  t.deepEqual(
    [99, 100, 250, 300, 999].map((timeUs) => columnAt(columns, timeUs)),
    [-1, 0, 1, 2, 2],
  );
  t.is(columnAt([], 5), -1);
});
