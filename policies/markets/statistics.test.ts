import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { EventPlayer, type MarketEvent } from '../../runtime/features/market-event.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { Random } from '../../runtime/random.ts';
import { describeLog } from './describe.ts';
import { importLobster } from './lobster.ts';
import { autocorrelation, hillExponent, meanOf, WeightedHistogram } from './series.ts';
import { type MarketFigures, MarketStatistics } from './statistics.ts';
import { SyntheticLobster } from './synthetic-lobster.ts';

function figures(events: readonly MarketEvent[]): MarketFigures {
  const player = new EventPlayer();
  const statistics = new MarketStatistics();
  for (const event of events) player.play(event, (book, change) => statistics.onChange(book, change));
  return statistics.result();
}

const at = (seconds: number, rest: Partial<MarketEvent>): MarketEvent => ({
  timeUs: 1e15 + seconds * 1e6,
  snapshot: false,
  levels: [],
  trades: [],
  ...rest,
});
const level = (side: 'buy' | 'sell', priceTicks: number, lots: number) => ({ side, priceTicks, lots });
const trade = (aggressor: 1 | -1, lots: number) => ({ priceTicks: 100, lots, aggressor });
const start = at(0, {
  snapshot: true,
  levels: [level('buy', 99, 10), level('buy', 98, 20), level('sell', 101, 30), level('sell', 102, 40)],
});

test('spread and depth weigh by how long they held', (t) => {
  const result = figures([start, at(3, { levels: [level('sell', 101, 0)] }), at(4, {})]);
  t.is(result.seconds, 4);
  t.is(result.events, 3);
  t.is(result.spreadTicksMean, (3 * 2 + 1 * 3) / 4);
  t.is(result.spreadTicksMedian, 2);
  t.deepEqual(result.depthLots, [(3 * 40 + 1 * 50) / 8, (3 * 60 + 1 * 20) / 8, 0, 0, 0]);
  t.is(result.depthRelative[0], 1);
});

test('submits, cancels and executions are told apart by depth and trades alone', (t) => {
  const result = figures([
    start,
    at(1, { levels: [level('buy', 99, 15)] }),
    at(2, { levels: [level('buy', 99, 12)] }),
    at(3, { levels: [level('sell', 101, 25)], trades: [trade(1, 5)] }),
    at(4, { levels: [level('sell', 101, 10)], trades: [trade(1, 5)] }),
    at(5, { levels: [level('sell', 101, 0), level('sell', 102, 35)], trades: [trade(1, 15)] }),
    at(6, { trades: [trade(-1, 4)] }),
  ]);
  t.is(result.submits, 1);
  t.is(result.submitLots, 5);
  t.is(result.cancels, 2);
  t.is(result.cancelLots, (3 + 10) / 2);
  t.is(result.trades, 4);
  t.is(result.tradeLots, (5 + 5 + 15 + 4) / 4);
});

test('a window of depth shows the same submits and cancels as the messages behind it', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-statistics-'));
  const { messages, rows } = new SyntheticLobster(11, 5, 3000);
  const files = {
    messages: path.join(folder, 'm.csv'),
    orderBook: path.join(folder, 'o.csv'),
    output: path.join(folder, 'l.zst'),
  };
  writeFileSync(files.messages, messages.join('\n'));
  writeFileSync(files.orderBook, rows.join('\n'));
  await importLobster({ ...files, date: '2012-06-21', instrument: amzn });
  const result = describeLog(files.output)['AMZN'] as MarketFigures;
  const types = messages.slice(1).map((text) => text.split(',')[1] as string);
  t.is(result.submits, types.filter((type) => type === '1').length);
  t.is(result.cancels, types.filter((type) => type === '2' || type === '3').length);
  t.is(result.trades, types.filter((type) => type === '4' || type === '5').length);
});

const amzn = {
  symbol: 'AMZN',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 3000,
  makerFeeMicroUsdPerLot: -2000,
};

test('the real day: submits and cancels are exactly the exchange’s', async (t) => {
  const day = 'data/lob/lobster/AMZN_2012-06-21_34200000_57600000_';
  const messages = fixture(`${day}message_5.csv.gz`);
  const orderBook = fixture(`${day}orderbook_5.csv.gz`);
  if (messages === undefined || orderBook === undefined) {
    t.log('SKIP: the LOBSTER sample is not on this machine (EMP_FIXTURES)');
    t.pass();
    return;
  }
  const output = path.join(mkdtempSync(path.join(tmpdir(), 'emp-statistics-')), 'amzn.zst');
  await importLobster({ messages, orderBook, output, date: '2012-06-21', instrument: amzn });
  const result = describeLog(output)['AMZN'] as MarketFigures;
  t.is(result.submits, 77381);
  t.is(result.cancels, 66685 + 450);
  t.is(result.trades, 8974 + 2444);
  t.true(result.spreadTicksMean > 12 && result.spreadTicksMean < 14, `${result.spreadTicksMean}`);
  t.true(result.flowAutocorrelation.every((r) => r > 0 && r < 0.7));
});

test('prints at one instant on one side are one sign', (t) => {
  const events = [start];
  for (let i = 1; i <= 400; i++) {
    const aggressor = i % 2 === 0 ? 1 : -1;
    events.push(at(i, { trades: [trade(aggressor, 1)] }), at(i, { trades: [trade(aggressor, 1)] }));
  }
  const { flowAutocorrelation } = figures(events);
  t.is(flowAutocorrelation.length, 50);
  t.true((flowAutocorrelation[0] as number) < -0.99);
  t.true((flowAutocorrelation[1] as number) > 0.99);
});

test('mid returns are sampled on a grid of event time', (t) => {
  const steps = Array.from({ length: 60 }, (_, i) => at(1 + i, { levels: [level('buy', 99, i % 2 === 0 ? 0 : 10)] }));
  // The best bid goes from 99 to 98 and back every second: half a tick of mid.
  const { returnTicks1s, returnTicks10s } = figures([start, ...steps]);
  t.true(Math.abs(returnTicks1s - 0.5) < 0.01, `${returnTicks1s}`);
  t.is(returnTicks10s, 0);
});

test('too little to say is NaN, never a number', (t) => {
  const result = figures([start]);
  for (const value of [result.cancelsPerSubmit, result.tailExponent1s, result.absoluteReturnAutocorrelation10s]) {
    t.is(value, Number.NaN);
  }
});

test('autocorrelation, Hill exponent, mean and quantiles agree with what they are', (t) => {
  const random = Random.of(1, 'series');
  let x = 0;
  const ar = Array.from({ length: 20_000 }, () => {
    x = 0.6 * x + random.gaussian();
    return x;
  });
  const [first, second] = autocorrelation(ar, 2) as [number, number];
  t.true(Math.abs(first - 0.6) < 0.03 && Math.abs(second - 0.36) < 0.04, `${first} ${second}`);
  const pareto = Array.from({ length: 20_000 }, () => (1 - random.float()) ** (-1 / 3));
  const hill = hillExponent(pareto, 0.05);
  t.true(Math.abs(hill - 3) < 0.3, `${hill}`);
  t.is(meanOf([]), Number.NaN);
  const histogram = new WeightedHistogram();
  histogram.add(1, 1);
  histogram.add(5, 3);
  t.is(histogram.mean(), 4);
  t.is(histogram.quantile(0.2), 1);
  t.is(histogram.quantile(0.5), 5);
});
