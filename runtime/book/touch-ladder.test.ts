import test from 'ava';
import fc from 'fast-check';
import { ACTION } from '../fix/market-data.ts';
import { Ladder } from './ladder.ts';
import { TouchLadder } from './touch-ladder.ts';

type Step = readonly [action: number, priceTicks: number, lots: number];

/** What a sorted ladder makes of it, which has no places to run out of. */
function applySorted(ladder: Ladder, [action, priceTicks, lots]: Step): boolean {
  const isThere = ladder.indexOf(priceTicks) >= 0;
  if (isThere !== (action !== ACTION.NEW)) return false;
  if (action === ACTION.DELETE) return ladder.remove(priceTicks);
  ladder.set(priceTicks, lots);
  return true;
}

/** Every level by all the ways in which it may be read. */
function shown(ladder: Ladder | TouchLadder): string {
  return Array.from({ length: ladder.count }, (_, i) => {
    const priceTicks = ladder.priceTicks(i);
    return `${Object.is(priceTicks, -0)} ${priceTicks}×${ladder.lots(i)} ${ladder.indexOf(priceTicks)} ${ladder.lotsAt(priceTicks)}`;
  }).join(', ');
}

/** Steps about a price that wanders, jumps, and now and then is far from everything before. */
const steps = fc
  .array(
    fc.record({
      jump: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: -2, max: 2 }) }, fc.integer({ min: -900, max: 900 })),
      away: fc.oneof(
        { weight: 10, arbitrary: fc.integer({ min: -20, max: 20 }) },
        { weight: 2, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
        fc.constantFrom(-0x7fffffff, 0x7fffffff, 0),
      ),
      action: fc.integer({ min: 0, max: 2 }),
      lots: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(2 ** 52)),
    }),
    { maxLength: 60 },
  )
  .map((drawn) => {
    let middle = 0;
    return drawn.map(({ jump, away, action, lots }): Step => {
      middle += jump;
      const isExtreme = Math.abs(away) === 0x7fffffff;
      return [action, isExtreme ? away : middle + away, action === ACTION.DELETE ? 0 : lots];
    });
  });

for (const sign of [1, -1] as const) {
  test(`${sign > 0 ? 'bids' : 'asks'} are what a sorted ladder makes of the same steps`, (t) => {
    fc.assert(
      fc.property(steps, fc.boolean(), (drawn, readsBetween) => {
        const touch = new TouchLadder(sign, 4);
        const sorted = new Ladder(sign, 4);
        for (const step of drawn) {
          t.is(touch.apply(...step), applySorted(sorted, step));
          if (readsBetween) t.is(shown(touch), shown(sorted));
          t.is(touch.lotsAt(step[1] + 1), sorted.lotsAt(step[1] + 1));
        }
        t.is(shown(touch), shown(sorted));
        touch.clear();
        t.is(touch.count, 0);
        t.true(touch.apply(ACTION.NEW, 5, 1));
        t.is(shown(touch), 'false 5×1 0 1');
      }),
      { numRuns: 300 },
    );
  });
}

test('a market that walks away takes its places along, and what stays behind is still there', (t) => {
  const bids = new TouchLadder(1, 4);
  for (let price = 0; price < 5000; price++) t.true(bids.apply(ACTION.NEW, price, price + 1));
  t.is(bids.count, 5000);
  t.is(bids.priceTicks(4999), 0);
  for (let price = 4999; price > 0; price--) {
    t.true(bids.apply(ACTION.DELETE, price, 0));
    t.is(bids.priceTicks(0), price - 1);
    t.is(bids.lots(0), price);
  }
  t.is(bids.count, 1);
});
