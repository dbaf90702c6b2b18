import test from 'ava';
import type { Book } from '../book/book.ts';
import { catalogue, features } from './index.ts';
import { EventPlayer } from './market-event.ts';
import { RandomEvents } from './random-events.ts';
import { FeatureRows } from './rows.ts';
import { scaleInto } from './scaling.ts';
import { ask, bid, Scenario } from './scenario.ts';
import { UNIT_FLOOR_TICKS } from './volatility.ts';

/** Rows after every event, own orders set by `between`. */
function rowsOf(events: Scenario['events'], between: (player: EventPlayer, i: number) => void = () => {}): number[][] {
  const player = new EventPlayer();
  const rows = new FeatureRows(1);
  return events.map((event, i) => {
    player.play(event, (book, change) => rows.onChange(book, change));
    between(player, i);
    return [...rows.row(0)];
  });
}

test('a row has each of its features once, and a digest of what it means', (t) => {
  t.is(new Set(FeatureRows.names).size, features.length);
  t.regex(FeatureRows.digest, /^sha256:[0-9a-f]{64}$/);
});

test('any choice of the catalogue makes a row', (t) => {
  const rows = new FeatureRows(1, catalogue);
  const player = new EventPlayer();
  for (const event of new RandomEvents(2).take(50)) player.play(event, (book, change) => rows.onChange(book, change));
  t.is(rows.row(0).length, catalogue.length);
  t.true(rows.row(0).every(Number.isFinite));
});

test('a row is zeros before the first change, and is the features’ values after it', (t) => {
  const rows = new FeatureRows(2);
  t.deepEqual(
    [...rows.row(1)],
    features.map(() => 0),
  );
  const scenario = new Scenario().wait(1).bought(3).wait(1).set(bid(101, 4));
  const last = rowsOf(scenario.events).at(-1) as number[];
  t.deepEqual(
    last,
    features.map((feature) => Math.fround(scenario.valueOf(feature))),
  );
});

test('rows in one go and rows one by one are the same, bit for bit', (t) => {
  const events = new RandomEvents(9).take(500);
  const all = rowsOf(events);
  for (const length of [1, 100, 333]) t.deepEqual(rowsOf(events.slice(0, length)), all.slice(0, length));
});

test('our own resting quantity is not in the row', (t) => {
  const without = new Scenario().wait(1).set(bid(101, 0)).wait(1).set(ask(103, 7)).wait(1).tick();
  // The same market, but the venue shows our 5 lots at 101, alone, and 8 more at 103.
  const shown = new Scenario().wait(1).set(bid(101, 5)).wait(1).set(ask(103, 15)).wait(1).tick();
  const hidden = rowsOf(shown.events, ({ book }, i) => {
    // Our order is known before the venue shows it.
    if (i === 0) book.setOwnLots('buy', 101, 5);
    if (i === 1) book.setOwnLots('sell', 103, 8);
  });
  t.deepEqual(hidden.at(-1), rowsOf(without.events).at(-1));
  t.notDeepEqual(rowsOf(shown.events).at(-1), hidden.at(-1));
});

test('our own quantity is out of the row as soon as it is told, and back in it', (t) => {
  const rows = new FeatureRows(1);
  const player = new EventPlayer();
  const market = new Scenario().wait(1).set(bid(100, 3), bid(101, 5), ask(103, 7));
  let told: Book | undefined;
  for (const event of market.events) {
    player.play(event, (book, change) => {
      rows.onChange(book, change);
      told = book;
    });
  }
  const before = rows.row(0).slice();
  told?.setOwnLots('buy', 101, 5);
  t.notDeepEqual(rows.row(0).slice(), before);
  told?.setOwnLots('buy', 101, 0);
  t.deepEqual(rows.row(0).slice(), before);
});

test('the volatility unit scales with the root of time and has a floor', (t) => {
  const rows = new FeatureRows(1);
  const player = new EventPlayer();
  const market = new Scenario();
  for (let i = 0; i < 600; i++) market.wait(1).set(bid(101, i % 2), ask(104, 1));
  for (const event of market.events) player.play(event, (book, change) => rows.onChange(book, change));
  const second = rows.volatilityTicks(0, 4_000_000) / 2;
  t.true(Math.abs(second - 0.5) < 0.05, `${second}`);
  t.is(rows.volatilityTicks(0, 400_000_000), 10 * rows.volatilityTicks(0, 4_000_000));
  t.is(rows.volatilityTicks(0, 1), UNIT_FLOOR_TICKS);
});

test('scaling subtracts, divides and clips', (t) => {
  const out = new Float32Array(3);
  scaleInto(Float32Array.of(3, 1000, -1000), { mean: [1, 0, 0], deviation: [4, 1, 1], clip: 6 }, out);
  t.deepEqual([...out], [0.5, 6, -6]);
});

test('a symbol outside the table is a programming error', (t) => {
  t.throws(() => new FeatureRows(2).row(2), { message: 'no features for symbol id 2 of 2' });
});
