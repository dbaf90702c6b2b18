import test from 'ava';
import fc from 'fast-check';
import { InstrumentTable } from '../instrument.ts';
import { Attribution } from './attribution.ts';

const instruments = new InstrumentTable([
  {
    symbol: 'A',
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 3000,
    makerFeeMicroUsdPerLot: -2000,
  },
  {
    symbol: 'B',
    tickSize: '0.05',
    lotSize: '1',
    microUsdPerHalfTickLot: 25000,
    takerFeeMicroUsdPerLot: 3000,
    makerFeeMicroUsdPerLot: -2000,
  },
]);

const mid = fc.oneof(fc.integer({ min: 1000, max: 60_000 }), fc.constant(Number.NaN));

const event = fc.oneof(
  fc.record({
    kind: fc.constant('mid' as const),
    symbolId: fc.integer({ min: 0, max: 1 }),
    midHalfTicks: mid,
  }),
  fc.record({
    kind: fc.constant('fill' as const),
    symbolId: fc.integer({ min: 0, max: 1 }),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    quantityLots: fc.integer({ min: 1, max: 10_000 }),
    priceTicks: fc.integer({ min: 500, max: 30_000 }),
    liquidity: fc.constantFrom('maker' as const, 'taker' as const),
    feeMicroUsd: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    midHalfTicks: mid,
  }),
);

test('the parts equal cash plus position at mid, to the last unit', (t) => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const attribution = new Attribution(instruments);
      for (const item of events) {
        if (item.kind === 'mid') attribution.onMid(item.symbolId, item.midHalfTicks);
        else attribution.onFill(item);
        for (const id of [0, 1]) {
          if (attribution.parts(id).total !== attribution.accountMicroUsd(id)) return false;
        }
      }
      return attribution.parts().total === attribution.equityMicroUsd();
    }),
  );
  t.pass();
});

test('a fill before any mid is known has no edge, and what the first mid says of it is hold edge', (t) => {
  const attribution = new Attribution(instruments);
  const fill = { symbolId: 0, quantityLots: 10, liquidity: 'taker', feeMicroUsd: 0, midHalfTicks: Number.NaN } as const;
  attribution.onFill({ ...fill, side: 'buy', priceTicks: 1000 });
  t.is(attribution.equityMicroUsd(), 0);
  attribution.onMid(0, 2003);
  t.deepEqual(attribution.parts(), { cross: 0, post: 0, hold: 150_000, fees: 0, total: 150_000 });
});

test('a round trip: bought at the ask, the mid rises, sold as a maker', (t) => {
  const attribution = new Attribution(instruments);
  attribution.onMid(0, 20_001);
  attribution.onFill({
    symbolId: 0,
    side: 'buy',
    quantityLots: 100,
    priceTicks: 10_001,
    liquidity: 'taker',
    feeMicroUsd: 300_000,
    midHalfTicks: 20_001,
  });
  attribution.onMid(0, 20_011);
  attribution.onFill({
    symbolId: 0,
    side: 'sell',
    quantityLots: 100,
    priceTicks: 10_006,
    liquidity: 'maker',
    feeMicroUsd: -200_000,
    midHalfTicks: 20_011,
  });
  t.deepEqual(attribution.parts(), {
    cross: -500_000,
    post: 500_000,
    hold: 5_000_000,
    fees: 100_000,
    total: 4_900_000,
  });
  t.is(attribution.equityMicroUsd(), 4_900_000);
  t.is(attribution.positionLots(0), 0);
});

test('a one-sided book keeps the last known mid', (t) => {
  const attribution = new Attribution(instruments);
  attribution.onFill({
    symbolId: 0,
    side: 'sell',
    quantityLots: 10,
    priceTicks: 100,
    liquidity: 'taker',
    feeMicroUsd: 0,
    midHalfTicks: 201,
  });
  attribution.onMid(0, Number.NaN);
  t.is(attribution.midHalfTicks(0), 201);
});
