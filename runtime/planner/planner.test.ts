import test from 'ava';
import type { BookView } from '../book/book.ts';
import type { PlannerParameters } from '../contract.ts';
import { Forecast } from '../inference/forecast.ts';
import type { DisableSpell } from './disables.ts';
import { Disables } from './disables.ts';
import { Planner, type PlannerInput } from './planner.ts';

const parameters: PlannerParameters = {
  horizon: 0,
  enterCosts: 1.5,
  postCosts: 0.5,
  exitCosts: 0.5,
  confidence: 0.1,
  riskPerClipUsd: 16,
  clipLots: 150,
  maxPositionClips: 2,
  maxHoldDecisions: 40,
};

const instrument = {
  symbol: 'A',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};

/** A book of one level each side: bid 19,990, ask 20,000, so half the spread is 5 ticks and a taker pays 5.3. */
const book = {
  bidCount: 1,
  askCount: 1,
  bidPriceTicks: () => 19_990,
  askPriceTicks: () => 20_000,
  bidLots: () => 100,
  askLots: () => 100,
} as unknown as BookView;

function input(meanTicks: number, more: Partial<PlannerInput> = {}): PlannerInput {
  const forecast = new Forecast(1);
  forecast.mean[0] = meanTicks / 16;
  return {
    symbolId: 0,
    instrument,
    book,
    forecast,
    volatilityTicks: 16,
    horizonUs: 1,
    positionLots: 0,
    heldDecisions: 0,
    ...more,
  };
}

const plans = test.macro<[PlannerInput, readonly (string | number)[] | undefined]>({
  exec(t, given: PlannerInput, expected: readonly (string | number)[] | undefined) {
    const intent = new Planner(parameters).plan(given);
    t.deepEqual(
      intent && [intent.kind, intent.side, intent.priceTicks, intent.quantityLots],
      expected && [...expected],
    );
  },
  title: (name = '') => name,
});

test('stays without a forecast', plans, input(0), undefined);
test('stays below its confidence', plans, input(0.9), undefined);
test('crosses when the move pays for it', plans, input(8), ['cross', 'buy', 20_000, 100]);
test('crosses downwards too', plans, input(-8), ['cross', 'sell', 19_990, 100]);
test('posts when it only pays as a maker', plans, input(4), ['post', 'buy', 19_990, 100]);
test('adds only up to its position', plans, input(8, { positionLots: 120 }), ['cross', 'buy', 20_000, 80]);
test('does not add less than half a clip', plans, input(8, { positionLots: 151 }), undefined);
test('keeps a full position that still has edge', plans, input(8, { positionLots: 200 }), undefined);
test('keeps a position while the forecast is hardly against it', plans, input(-2, { positionLots: 50 }), undefined);
test('leaves a position when the forecast turned', plans, input(-8, { positionLots: 50 }), [
  'reduce',
  'sell',
  19_990,
  50,
]);
test('covers a short', plans, input(8, { positionLots: -200 }), ['reduce', 'buy', 20_000, 150]);
test('leaves a position that it held too long', plans, input(-0, { positionLots: 50, heldDecisions: 41 }), [
  'reduce',
  'sell',
  19_990,
  50,
]);
test(
  'keeps an old position that the forecast still favours',
  plans,
  input(2, { positionLots: 50, heldDecisions: 41 }),
  undefined,
);
test('stays on a one-sided book', plans, input(80, { book: { ...book, askCount: 0 } as BookView }), undefined);

test('an intent says what it imagines', (t) => {
  t.like(new Planner(parameters).plan(input(8))?.imagined, {
    meanTicks: 8,
    deviationTicks: 16,
    crossTicks: -5.3,
    postTicks: 0,
    holdTicks: 8,
  });
  t.like(new Planner(parameters).plan(input(-4))?.imagined, { crossTicks: 0, postTicks: 5.2, holdTicks: 4 });
});

test('disables overlap, keep their first evidence, and a risk halt is latched', (t) => {
  const log: string[] = [];
  const disables = new Disables({
    onDisable: (spell: DisableSpell) => log.push(`- ${spell.reason} ${spell.evidence}`),
    onEnable: (spell, timeUs, because) => log.push(`+ ${spell.reason} ${timeUs} ${because}`),
  });
  disables.disable('WARMUP', 1, '64 rows to come');
  disables.disable('FEED_STALE', 2, 'gap at 7');
  disables.disable('FEED_STALE', 3, 'gap at 8');
  t.false(disables.trading);
  disables.enable('WARMUP', 4, 'rows seen');
  t.false(disables.trading);
  disables.enable('FEED_STALE', 5, 'snapshot');
  disables.enable('FEED_STALE', 6, 'snapshot');
  t.true(disables.trading);
  t.deepEqual(log, [
    '- WARMUP 64 rows to come',
    '- FEED_STALE gap at 7',
    '+ WARMUP 4 rows seen',
    '+ FEED_STALE 5 snapshot',
  ]);
  disables.disable('RISK_HALT', 7, 'drawdown');
  t.throws(() => disables.enable('RISK_HALT', 8, 'patience'), { message: 'a risk halt is latched' });
  t.is(disables.count('FEED_STALE'), 1);
});
