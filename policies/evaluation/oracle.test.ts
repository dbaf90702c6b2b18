import test from 'ava';
import fc from 'fast-check';
import { type Offered, oracleMicroUsd } from './oracle.ts';

const instrument = {
  symbol: 'A',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};
const NOBODY = 1 << 30;

function offered(
  quotes: readonly (readonly [bid: number, ask: number, soldDownTo?: number, boughtUpTo?: number])[],
): Offered {
  return {
    bidTicks: Int32Array.from(quotes, ([bid]) => bid),
    askTicks: Int32Array.from(quotes, ([, ask]) => ask),
    soldDownToTicks: Int32Array.from(quotes, ([, , sold]) => sold ?? NOBODY),
    boughtUpToTicks: Int32Array.from(quotes, ([, , , bought]) => bought ?? 0),
  };
}

test('stays out when nothing pays', (t) => {
  t.is(
    oracleMicroUsd(
      offered([
        [100, 110],
        [101, 111],
        [100, 110],
      ]),
      instrument,
      10,
      20,
    ),
    0,
  );
});

test('buys before a rise, sells after: the move less the spread and two fees', (t) => {
  t.is(
    oracleMicroUsd(
      offered([
        [100, 110],
        [150, 160],
      ]),
      instrument,
      10,
      20,
    ),
    (150 - 110) * 10_000 * 10 - 2 * 3000 * 10,
  );
});

test('sells before a fall', (t) => {
  t.is(
    oracleMicroUsd(
      offered([
        [150, 160],
        [100, 110],
      ]),
      instrument,
      10,
      20,
    ),
    (150 - 110) * 10_000 * 10 - 2 * 3000 * 10,
  );
});

test('makes on both sides where others traded, with the rebate', (t) => {
  t.is(
    oracleMicroUsd(
      offered([
        [100, 110, 100],
        [100, 110, NOBODY, 110],
      ]),
      instrument,
      10,
      20,
    ),
    10 * 10_000 * 10 + 2 * 2000 * 10,
  );
});

test('equals the best of all paths', (t) => {
  const quote = fc.tuple(
    fc.integer({ min: 100, max: 130 }),
    fc.integer({ min: 1, max: 5 }),
    fc.boolean(),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(quote, { maxLength: 6 }), (quotes) => {
      const series = quotes.map(
        ([bid, spread, sold, bought]) => [bid, bid + spread, sold ? bid : NOBODY, bought ? bid + spread : 0] as const,
      );
      const search = (t: number, position: number): number => {
        if (t === series.length) return position === 0 ? 0 : Number.NEGATIVE_INFINITY;
        const [bid, ask, sold, bought] = series[t] as (typeof series)[number];
        let best = search(t + 1, position);
        const buy = sold <= bid ? bid * 10_000 - 2000 : ask * 10_000 + 3000;
        const sell = bought >= ask ? ask * 10_000 + 2000 : bid * 10_000 - 3000;
        if (position < 2) best = Math.max(best, search(t + 1, position + 1) - buy * 10);
        if (position > -2) best = Math.max(best, search(t + 1, position - 1) + sell * 10);
        return best;
      };
      return oracleMicroUsd(offered(series), instrument, 10, 20) === search(0, 0);
    }),
  );
  t.pass();
});
