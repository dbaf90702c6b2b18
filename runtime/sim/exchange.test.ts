import { createHash, type Hash } from 'node:crypto';
import test from 'ava';
import { Random } from '../random.ts';
import type { Sign } from './book-event.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import type { SymbolProfile } from './profile.ts';
import { large, medium, small } from './profiles.ts';

const START_US = 1_704_205_800_000_000;
const MINUTE_US = 60_000_000;
const options: ExchangeOptions = { seed: 7, startUs: START_US, warmUpSeconds: 60 };

/** Hashes every event told from now on. */
function record(exchange: Exchange): Hash {
  const hash = createHash('sha256');
  exchange.listen({
    onEvent(event) {
      hash.update(`${event.symbolId} ${event.timeUs};`);
      for (let i = 0; i < event.levelCount; i++) {
        hash.update(`${event.levelSign[i]} ${event.levelPriceTicks[i]} ${event.levelLots[i]};`);
      }
      for (let i = 0; i < event.tradeCount; i++) {
        hash.update(
          `${event.tradePriceTicks[i]} ${event.tradeLots[i]} ${event.tradeMakerOrder[i]} ${event.takerOwner};`,
        );
      }
    },
  });
  return hash;
}

function digestOf(options: ExchangeOptions, run: (exchange: Exchange) => void): string {
  const exchange = new Exchange(options);
  const hash = record(exchange);
  run(exchange);
  return hash.digest('hex');
}

const tenMinutes = (exchange: Exchange) => exchange.advanceTo(START_US + 10 * MINUTE_US);

/** A participant that posts, crosses and cancels, each at its own event time. */
function trade(exchange: Exchange, from: number, to: number): void {
  for (let second = from; second < to; second++) {
    exchange.advanceTo(START_US + second * 1_000_000);
    const random = Random.of(5, second);
    const symbolId = random.integer(exchange.instruments.list.length);
    const sign: Sign = random.bernoulli(0.5) ? 1 : -1;
    const book = exchange.book(symbolId);
    const price = random.bernoulli(0.3) ? book.side(sign > 0 ? -1 : 1).bestTicks : book.side(sign).bestTicks;
    if (price === 0) continue;
    const id = exchange.submit(1, symbolId, sign, price, 1 + random.integer(50), 'day');
    if (random.bernoulli(0.5)) exchange.cancel(symbolId, id);
    else if (random.bernoulli(0.3)) exchange.replace(symbolId, id, price, 1 + random.integer(20));
  }
}

test('the same seed gives the same events, another seed others', (t) => {
  const digest = digestOf(options, tenMinutes);
  t.is(digestOf(options, tenMinutes), digest);
  t.not(digestOf({ ...options, seed: 8 }, tenMinutes), digest);
  t.not(digestOf({ ...options, informed: false }, tenMinutes), digest);
});

test('how far each step goes changes nothing', (t) => {
  const random = Random.of(1, 'steps');
  const inSteps = (exchange: Exchange) => {
    while (exchange.timeUs < START_US + 10 * MINUTE_US) {
      exchange.advanceTo(Math.min(START_US + 10 * MINUTE_US, exchange.timeUs + random.integer(400_000)));
    }
  };
  t.is(digestOf(options, inSteps), digestOf(options, tenMinutes));
});

test('a symbol does the same whether others trade beside it or not', (t) => {
  const alone = digestOf({ ...options, profiles: [small] }, tenMinutes);
  const exchange = new Exchange(options);
  const other = new Exchange({ ...options, profiles: [small] });
  const hash = record(other);
  tenMinutes(other);
  tenMinutes(exchange);
  t.is(hash.digest('hex'), alone);
  t.deepEqual(exchange.book(0).state(), other.book(0).state());
});

test('saved through JSON in mid-run and restored, it goes on as if nothing had happened', (t) => {
  const whole = new Exchange(options);
  trade(whole, 0, 100);
  const saved = JSON.parse(JSON.stringify(whole.state()));
  const after = record(whole);
  trade(whole, 100, 300);

  const restored = Exchange.restore(options, saved);
  const resumed = record(restored);
  trade(restored, 100, 300);
  t.is(resumed.digest('hex'), after.digest('hex'));
  t.deepEqual(restored.state(), whole.state());
});

test('books are never crossed, nor empty after the warm-up, and every trade has two sides', (t) => {
  const exchange = new Exchange({ ...options, warmUpSeconds: 900 });
  let events = 0;
  let wrong = 0;
  exchange.listen({
    onEvent(event) {
      events++;
      const { bids, asks } = exchange.book(event.symbolId);
      if (bids.bestTicks === 0 || asks.bestTicks === 0 || bids.bestTicks >= asks.bestTicks) wrong++;
      for (let i = 0; i < event.tradeCount; i++) if (event.tradeMakerOwner[i] === event.takerOwner) wrong++;
    },
  });
  exchange.advanceTo(START_US + 30 * MINUTE_US);
  t.true(events > 10_000, `${events} events`);
  t.is(wrong, 0);
});

test('a participant who empties a book or rests absurd prices stops nothing: makers come back', (t) => {
  const exchange = new Exchange({ ...options, profiles: [small] });
  const { priceLimitTicks } = small;
  for (let minute = 1; minute <= 20; minute++) {
    exchange.submit(1, 0, 1, priceLimitTicks - 1, 50_000, minute % 2 === 0 ? 'ioc' : 'day');
    exchange.submit(2, 0, -1, 1, 100_000, minute % 3 === 0 ? 'ioc' : 'day');
    exchange.advanceTo(START_US + minute * MINUTE_US);
  }
  const { bids, asks } = exchange.book(0);
  const value = exchange.inspect(0).value.publicTicks;
  exchange.advanceTo(START_US + 30 * MINUTE_US);
  t.true(bids.levels > 5 && asks.levels > 5);
  t.true(Math.abs(bids.bestTicks - value) < 500, `bid ${bids.bestTicks}, value ${value}`);
});

test('event times never go back', (t) => {
  const exchange = new Exchange(options);
  let latest = 0;
  let back = 0;
  exchange.listen({
    onEvent(event) {
      if (event.timeUs < latest) back++;
      latest = event.timeUs;
    },
  });
  trade(exchange, 0, 300);
  t.is(back, 0);
  t.throws(() => exchange.advanceTo(START_US), { message: /cannot go back/ });
});

test('agents react to a participant’s trades as to anyone’s: the price moves away', (t) => {
  const moves: number[] = [];
  for (let seed = 0; seed < 12; seed++) {
    const mids = [0, 1].map((sign) => {
      const exchange = new Exchange({ seed, startUs: START_US, profiles: [small] });
      for (let second = 0; second < 20; second++) {
        exchange.advanceTo(START_US + second * 1_000_000);
        const ask = exchange.book(0).asks.bestTicks;
        if (sign === 1) exchange.submit(1, 0, 1, ask, 150, 'ioc');
      }
      exchange.advanceTo(START_US + 21_000_000);
      return exchange.book(0).midHalfTicks();
    });
    moves.push((mids[1] as number) - (mids[0] as number));
  }
  const mean = moves.reduce((sum, move) => sum + move, 0) / moves.length;
  t.true(mean > 1, `buying moved the mid by ${mean} half-ticks`);
});

test('a participant’s order rests in the public book and is filled by others', (t) => {
  const exchange = new Exchange({ ...options, profiles: [large], warmUpSeconds: 300 });
  let filled = 0;
  exchange.listen({
    onEvent(event) {
      for (let i = 0; i < event.tradeCount; i++) if (event.tradeMakerOwner[i] === 1) filled += event.tradeLots[i];
    },
  });
  const bid = exchange.book(0).bids.bestTicks;
  const before = exchange.book(0).bids.lotsAt(bid);
  const id = exchange.submit(1, 0, 1, bid, 10, 'postOnly');
  t.is(exchange.book(0).bids.lotsAt(bid), before + 10);
  t.is(exchange.book(0).lotsAhead(id), before);
  for (let minute = 1; minute <= 60 && filled === 0; minute++) exchange.advanceTo(START_US + minute * MINUTE_US);
  t.is(filled, 10);
});

test('the large-tick symbol’s spread is one tick at least nine tenths of the time', (t) => {
  const spread = oneTickShare(large);
  t.true(spread >= 0.9, `${spread}`);
  t.true(oneTickShare(medium) < 0.5);
  t.true(oneTickShare(small) < 0.05);
});

function oneTickShare(profile: SymbolProfile): number {
  const exchange = new Exchange({ seed: 2, startUs: START_US, profiles: [profile] });
  const { bids, asks } = exchange.book(0);
  let ones = 0;
  for (let step = 1; step <= 3600; step++) {
    exchange.advanceTo(START_US + step * 1_000_000);
    if (asks.bestTicks - bids.bestTicks === 1) ones++;
  }
  return ones / 3600;
}
