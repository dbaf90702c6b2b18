import test from 'ava';
import fc from 'fast-check';
import { Ladder } from './ladder.ts';

const edit = fc.record({ priceTicks: fc.integer({ min: -40, max: 40 }), lots: fc.integer({ min: 0, max: 5 }) });

function levels(ladder: Ladder): [number, number][] {
  return Array.from({ length: ladder.count }, (_, i) => [ladder.priceTicks(i), ladder.lots(i)]);
}

for (const sign of [1, -1] as const) {
  test(`${sign === 1 ? 'bids' : 'asks'} agree with a sorted map after any edits`, (t) => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 200 }), (edits) => {
        const ladder = new Ladder(sign, 1);
        const model = new Map<number, number>();
        for (const { priceTicks, lots } of edits) {
          if (lots > 0) {
            ladder.set(priceTicks, lots);
            model.set(priceTicks, lots);
          } else {
            t.is(ladder.remove(priceTicks), model.delete(priceTicks));
          }
        }
        const expected = [...model].sort(([a], [b]) => sign * (b - a));
        t.deepEqual(levels(ladder), expected);
        for (let priceTicks = -41; priceTicks <= 41; priceTicks++) {
          t.is(
            ladder.indexOf(priceTicks),
            expected.findIndex(([price]) => price === priceTicks),
          );
          t.is(ladder.lotsAt(priceTicks), model.get(priceTicks) ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });
}

test('a cleared ladder is empty and usable', (t) => {
  const ladder = new Ladder(1, 2);
  ladder.set(5, 1);
  ladder.clear();
  t.is(ladder.count, 0);
  t.is(ladder.indexOf(5), -1);
  ladder.set(6, 2);
  t.deepEqual(levels(ladder), [[6, 2]]);
});
