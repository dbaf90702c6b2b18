import test from 'ava';
import fc from 'fast-check';
import { Ladder } from './ladder.ts';
import { OthersSide } from './others-side.ts';

const step = fc.record({
  own: fc.boolean(),
  priceTicks: fc.integer({ min: 0, max: 12 }),
  lots: fc.integer({ min: 0, max: 4 }),
});

test('others are what is displayed less what is ours, at every moment', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(1 as const, -1 as const), fc.array(step, { maxLength: 80 }), (sign, steps) => {
      const displayed = new Ladder(sign, 4);
      const others = new OthersSide(sign, displayed);
      const own = new Map<number, number>();
      for (const { own: ours, priceTicks, lots } of steps) {
        if (ours) {
          others.setOwnLots(priceTicks, lots);
          own.set(priceTicks, lots);
        } else {
          if (lots > 0) displayed.set(priceTicks, lots);
          else displayed.remove(priceTicks);
          others.invalidate();
        }
        const expected = Array.from({ length: displayed.count }, (_, i) => [displayed.priceTicks(i), displayed.lots(i)])
          .map(([price, shown]) => [price, (shown as number) - (own.get(price as number) ?? 0)])
          .filter(([, left]) => (left as number) > 0);
        const actual = Array.from({ length: others.count }, (_, i) => [others.priceTicks(i), others.lots(i)]);
        t.deepEqual(actual, expected);
      }
    }),
    { numRuns: 60 },
  );
});
