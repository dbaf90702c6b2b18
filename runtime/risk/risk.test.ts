import test from 'ava';
import type { OrderRequest, RiskView } from './control.ts';
import type { DenialReason } from './denial.ts';
import { check, haltReason } from './risk.ts';
import { sampleLimits as limits } from './sample-limits.ts';

const calm = {
  timeUs: 10_000_000,
  limits,
  instrument: () => ({
    symbol: 'A',
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 3000,
    makerFeeMicroUsdPerLot: -2000,
  }),
  positionKnown: true,
  positionLots: () => 0,
  openBuyLots: () => 0,
  openSellLots: () => 0,
  bestBidTicks: () => 19_990,
  bestAskTicks: () => 20_000,
  midHalfTicks: () => 39_990,
  bookTimeUs: () => 9_900_000,
  ownBestBidTicks: () => Number.NaN,
  ownBestAskTicks: () => Number.NaN,
  openOrders: 0,
  ordersLastSecond: 0,
  equityMicroUsd: 0,
  dayStartEquityMicroUsd: 0,
  peakEquityMicroUsd: 0,
  forecastSigmas: 1,
  symbols: 1,
} satisfies RiskView;

const buy: OrderRequest = {
  symbolId: 0,
  side: 'buy',
  priceTicks: 20_000,
  quantityLots: 100,
  replacedLots: 0,
  reducing: false,
};

const passes = test.macro({
  exec(t, request: Partial<OrderRequest>, view: Partial<RiskView>) {
    t.is(check({ ...buy, ...request }, { ...calm, ...view }), undefined);
  },
  title: (name) => `passes: ${name}`,
});

const denies = test.macro({
  exec(
    t,
    reason: DenialReason,
    actual: number,
    limit: number,
    request: Partial<OrderRequest>,
    view: Partial<RiskView>,
  ) {
    t.deepEqual(check({ ...buy, ...request }, { ...calm, ...view }), { reason, actual, limit });
  },
  title: (name) => `denies: ${name}`,
});

test('an ordinary buy', passes, {}, {});
test('unknown position', denies, 'POSITION_UNKNOWN', 0, 1, {}, { positionKnown: false });
test(
  'unknown position, even to reduce',
  denies,
  'POSITION_UNKNOWN',
  0,
  1,
  { reducing: true },
  { positionKnown: false },
);
test('one lot too many', denies, 'QUANTITY_EXCEEDS_LIMIT', 101, 100, { quantityLots: 101 }, {});
test('no lots', denies, 'QUANTITY_EXCEEDS_LIMIT', 0, 100, { quantityLots: 0 }, {});
test('half a lot', denies, 'QUANTITY_EXCEEDS_LIMIT', 0.5, 100, { quantityLots: 0.5 }, {});
test('NaN lots', denies, 'QUANTITY_EXCEEDS_LIMIT', Number.NaN, 100, { quantityLots: Number.NaN }, {});
test('too much money', denies, 'NOTIONAL_EXCEEDS_LIMIT', 30_001_000_000, 30_000_000_000, { priceTicks: 30_001 }, {});
test('at the collar', passes, { priceTicks: 20_050 }, {});
test('a tick through the collar, buying', denies, 'PRICE_OUTSIDE_COLLAR', 51, 50, { priceTicks: 20_051 }, {});
test(
  'a tick through the collar, selling',
  denies,
  'PRICE_OUTSIDE_COLLAR',
  51,
  50,
  { side: 'sell', priceTicks: 19_939 },
  {},
);
test('locked book', denies, 'REFERENCE_UNUSABLE', 0, 1, {}, { bestBidTicks: () => 20_000 });
test('one-sided book', denies, 'REFERENCE_UNUSABLE', Number.NaN, 1, {}, { bestBidTicks: () => Number.NaN });
test('insane forecast', denies, 'FORECAST_INSANE', 9, 8, {}, { forecastSigmas: 9 });
test('NaN forecast', denies, 'FORECAST_INSANE', Number.NaN, 8, {}, { forecastSigmas: Number.NaN });
test('a reducing order needs no forecast', passes, { reducing: true }, { forecastSigmas: Number.NaN });
test('old book', denies, 'DATA_TOO_OLD', 1_000_001, 1_000_000, {}, { bookTimeUs: () => 8_999_999 });
test('a reducing order on an old book', passes, { reducing: true }, { bookTimeUs: () => 0 });
test('meets our own offer', denies, 'SELF_MATCH', 20_000, 20_000, {}, { ownBestAskTicks: () => 20_000 });
test('meets our own bid', denies, 'SELF_MATCH', 20_000, 20_001, { side: 'sell' }, { ownBestBidTicks: () => 20_001 });
test('stays behind our own offer', passes, {}, { ownBestAskTicks: () => 20_001 });
test('one order too many', denies, 'OPEN_ORDERS_EXCEED_LIMIT', 5, 4, {}, { openOrders: 4 });
test('a replacement adds no order', passes, { replacedLots: 100 }, { openOrders: 4 });
test('too fast', denies, 'MESSAGE_RATE_EXCEEDS_LIMIT', 11, 10, {}, { ordersLastSecond: 10 });
test(
  'position with open orders at worst case',
  denies,
  'POSITION_EXCEEDS_LIMIT',
  301,
  300,
  {},
  { positionLots: () => 101, openBuyLots: () => 100 },
);
test(
  'short position at worst case',
  denies,
  'POSITION_EXCEEDS_LIMIT',
  -301,
  300,
  { side: 'sell', priceTicks: 19_990 },
  { positionLots: () => -101, openSellLots: () => 100 },
);
test(
  'a replacement counts only what it adds',
  passes,
  { replacedLots: 100 },
  { positionLots: () => 100, openBuyLots: () => 200 },
);
test(
  'gross notional',
  denies,
  'GROSS_NOTIONAL_EXCEEDS_LIMIT',
  79_980_000_000,
  60_000_000_000,
  {},
  { openSellLots: () => 400 },
);
test(
  'the day is lost',
  denies,
  'DAILY_LOSS_EXCEEDS_LIMIT',
  500_000_000,
  500_000_000,
  {},
  { equityMicroUsd: -500_000_000 },
);
test('reducing on a lost day', passes, { reducing: true }, { equityMicroUsd: -500_000_000 });
test(
  'drawdown, reduce-only',
  denies,
  'DRAWDOWN_REDUCE_ONLY',
  200_000_000,
  200_000_000,
  {},
  { peakEquityMicroUsd: 200_000_000 },
);
test('drawdown, halted', denies, 'DRAWDOWN_HALT', 400_000_000, 400_000_000, {}, { peakEquityMicroUsd: 400_000_000 });

test('halts at the daily loss and at twice the drawdown, not before', (t) => {
  t.is(haltReason(calm), undefined);
  t.is(haltReason({ ...calm, equityMicroUsd: -499_999_999, peakEquityMicroUsd: -499_999_999 }), undefined);
  t.is(haltReason({ ...calm, equityMicroUsd: -500_000_000 })?.reason, 'DAILY_LOSS_EXCEEDS_LIMIT');
  t.is(haltReason({ ...calm, peakEquityMicroUsd: 399_999_999 }), undefined);
  t.is(haltReason({ ...calm, peakEquityMicroUsd: 400_000_000 })?.reason, 'DRAWDOWN_HALT');
});
